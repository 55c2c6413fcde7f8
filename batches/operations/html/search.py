"""Looking for words in a text from strangers, in time proportional to it."""

from collections.abc import Iterator

# Each step of a search makes a copy, of four bytes a character where one of them is an emoji; lower case takes 16.
MOST_READ = 2_000_000


def ends(text: str) -> str:
    """Its beginning and its end, where footers are, of what is too long to be read as a whole."""
    half = MOST_READ // 2
    return text if len(text) <= MOST_READ else f"{text[:half]}\n{text[-half:]}"


def places(text: str, mark: str, most: int) -> Iterator[int]:
    """Where it stands, at most so many times; one may begin within another."""
    at = text.find(mark)
    for _ in range(most):
        if at < 0:
            return
        yield at
        at = text.find(mark, at + 1)


def lowered(text: str) -> str:
    """In lower case, with every letter in its place; as it is where that can't be (“İ” becomes two)."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text
