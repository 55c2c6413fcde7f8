"""Looking for words in a text from strangers, in time proportional to it."""

from collections.abc import Iterator


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
