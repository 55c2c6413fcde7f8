"""robots.txt, by RFC 9309 and by what Google documents where the RFC leaves it open.

https://developers.google.com/search/docs/crawling-indexing/robots/robots_txt
"""

import ada_url
import pytest

from batches.operations.web.rules import MAX_LINE, read

US = "BatchConsole"


def allowed(text: str, path: str) -> bool:
    return read(text, US).allow(ada_url.URL(f"https://shop.example{path}"))


CLOSED, OPEN = "Disallow: /", "Allow: /"

# Whether a group is for us: a page is refused if it is.
FOR_US = [
    "User-agent: BatchConsole", "user-agent: batchconsole", "USER-AGENT: BATCHCONSOLE",
    "User-Agent: BatchConsole/1.0", "User-agent: BatchConsole*", "User-agent: BatchConsole Images",
    "User-agent: BatchConsole (compatible)", "User-agent:BatchConsole", "User-agent :BatchConsole",
    "User-agent \t:\t BatchConsole \t", "  User-agent: BatchConsole", "User-agent BatchConsole",
    "Useragent: BatchConsole", "User agent: BatchConsole", "User-agent: BatchConsole # us",
    "\ufeffUser-agent: BatchConsole", "User-agent: *", "User-agent: * # all", "User-agent: * and more",
    "User-agent: Other\nUser-agent: BatchConsole", "User-agent: BatchConsole\nUser-agent: Other",
    "User-agent: Other\nUser-agent: *", "User-agent: BatchConsole\n\n\n# Nothing.\n",
    "User-agent: Other\nDisallow: /x\nUser-agent: BatchConsole",
]  # fmt: skip
NOT_FOR_US = [
    "", "User-agent:", "User-agent: Other", "User-agent: Batch", "User-agent: Console",
    "User-agent: BatchConsoleImages", "User-agent: Batch-Console", "User-agent: MyBatchConsole",
    "User-agent: BatchConsole-Images", "User-agent: *BatchConsole", "User-agent: **", "User-agent: /",
    "User-agent: Mozilla/5.0 (compatible; BatchConsole/1.0)", "# User-agent: *", "User-agents: *",
    "User-agent: Batch Console", "User-agent = *", "Agent: *", "User-agent Batch Console",
    "User-agent: *\nAllow: /\nUser-agent: Other",
]  # fmt: skip


@pytest.mark.parametrize("start", FOR_US)
def test_a_group_is_for_us(start: str) -> None:
    assert not allowed(f"{start}\n{CLOSED}", "/page")


@pytest.mark.parametrize("start", NOT_FOR_US)
def test_a_group_is_not_for_us(start: str) -> None:
    assert allowed(f"{start}\n{CLOSED}", "/page")


# Whole files, and whether /page may be fetched.
FILES = [
    ("", True), ("\n \r\n\t\n", True), ("# nothing\n#", True), ("\0\1\2", True), (CLOSED, True),
    # A group of our own hides the one for anybody, wherever it stands, even if it asks for nothing.
    (f"User-agent: *\n{CLOSED}\nUser-agent: BatchConsole\n{OPEN}", True),
    (f"User-agent: BatchConsole\n{OPEN}\nUser-agent: *\n{CLOSED}", True),
    (f"User-agent: *\n{OPEN}\nUser-agent: BatchConsole\n{CLOSED}", False),
    (f"User-agent: *\n{CLOSED}\nUser-agent: BatchConsole\nDisallow:", True),
    (f"User-agent: *\n{CLOSED}\nUser-agent: BatchConsole", True),
    (f"User-agent: *\n{CLOSED}\nUser-agent: BatchConsole\nCrawl-delay: 1", True),
    (f"User-agent: *\n{CLOSED}\nUser-agent: Other\n{OPEN}", False),
    # Several groups for us are one, whatever is between them; so are those for anybody.
    ("User-agent: BatchConsole\nDisallow: /a\nUser-agent: Other\nAllow: /\nUser-agent: batchconsole\nDisallow: /p", False),
    ("User-agent: *\nDisallow: /a\nUser-agent: Other\nAllow: /\nUser-agent: *\nDisallow: /p", False),
    ("User-agent: BatchConsole/1\nDisallow: /\nUser-agent: BatchConsole/2\nAllow: /page", True),
    # Lines that are no rules end no list of agents.
    (f"User-agent: BatchConsole\nSitemap: https://a.example/s\nUser-agent: Other\n{CLOSED}", False),
    (f"User-agent: BatchConsole\nCrawl-delay: 5\nUser-agent: Other\n{CLOSED}", False),
    (f"User-agent: BatchConsole\nnoise\nUnknown: 1\nHost: a.example\n\nUser-agent: Other\n{CLOSED}", False),
    (f"User-agent: BatchConsole\nNoindex: /a\n{CLOSED}", False),
    ("User-agent: BatchConsole\nDisallow: /a\nSitemap: https://a.example/s\nDisallow: /p", False),
    # Even a rule without a path ends it.
    (f"User-agent: BatchConsole\nDisallow:\nUser-agent: Other\n{CLOSED}", True),
    (f"User-agent: Other\nAllow:\nUser-agent: *\n{CLOSED}", False),
    # Rules in front of all agents are nobody's.
    (f"{CLOSED}\nUser-agent: *\nDisallow: /a", True),
    (f"{CLOSED}\nUser-agent: BatchConsole\n{OPEN}", True),
    # Every kind of line end, also mixed, and no other.
    (f"User-agent: *\r\n{CLOSED}\r\n", False), (f"User-agent: *\r{CLOSED}\r", False),
    (f"User-agent: *\n\r\n\r{CLOSED}", False), (f"User-agent: *\u2028{CLOSED}", True),
    (f"User-agent: *\x0b{CLOSED}", True), ("User-agent: *\nDisallow: /\x85", True),
    # Every way to write a rule.
    ("user-agent: *\nDISALLOW: /page", False), ("User-agent: *\ndisallow:/page", False),
    ("User-agent: *\nDisallow : /page", False), ("User-agent: *\nDisallow \t /page", False),
    ("User-agent: *\nDisallow\t:\t/page\t", False), ("User-agent: *\n\tDisallow: /page # why", False),
    ("User-agent: *\nDisallow: /page#x", False), ("User-agent: *\nDisallow: #/page", True),
    ("User-agent: *\nDisallow: /page /other", True), ("User-agent: *\nDisallow /page /other", True),
    ("User-agent: *\n# Disallow: /page", True), ("User-agent: *\nDisallow", True),
    ("User-agent: *\nDissallow: /page", False), ("User-agent: *\nDisalow: /page", False),
    ("User-agent: *\nDisallow: :/page", True), ("User-agent: *\nDisallow:: /page", True),
    # A long line is one line, cut, and does no harm to its neighbours.
    ("User-agent: *\nDisallow: /" + "x" * 20_000 + "\nDisallow: /page", False),
    ("# " + "x" * 600_000 + f"\nUser-agent: *\n{CLOSED}", False),
    ("User-agent: *\nDisallow: /page" + "*" * MAX_LINE + "x", False),
    ("User-agent: *\nDisallow:" + " " * MAX_LINE + "/page", True),
    ("User-agent: *\nDisallow:" + " " * (MAX_LINE - 20) + "/page", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), FILES)
def test_a_file(text: str, expected: bool) -> None:
    assert allowed(text, "/page") is expected


# What a path in a rule matches, and what not.
PATHS = [
    ("/", "/ /x /x/y?z", ""),
    ("/*", "/ /x", ""),
    ("*", "/ /x", ""),
    ("/fish", "/fish /fish.html /fish/salmon.html /fishheads /fish.php?id=a", "/ /Fish.asp /catfish /?id=fish /desert/fish"),
    ("/fish*", "/fish /fish.html /fish/salmon.html /fishheads", "/Fish.asp /catfish /?id=fish"),
    ("/fish/", "/fish/ /fish/?id=a /fish/salmon.htm", "/fish /fish.html /animals/fish/ /Fish/Salmon.asp"),
    ("/*.php", "/index.php /a/index.php /a/x.php?y /a/x.phpx /x.php/", "/ /windows.PHP /x.ph"),
    ("/*.php$", "/a.php /a/b.php /.php", "/a.php?x /a.php/ /a.php5 /windows.PHP"),
    ("/fish*.php", "/fish.php /fishheads/catfish.php?x", "/Fish.PHP /a/fish.php"),
    ("*.gif$", "/a.gif /x/y.gif", "/a.gif?x /a.gifs"),
    ("/a$", "/a", "/a/ /ab /a?x /a$ /a$b /a%24"),
    ("/$", "/", "/x /?x"),
    ("/a*b*c$", "/abc /a1b2c /abcc /abbc", "/ab /abcd /acb"),
    ("/ab*ba$", "/abba /abxba", "/aba"),
    ("/a*a*a$", "/aaa /aaaa", "/aa /a"),
    ("/a*bc*c", "/abcc /abcxc", "/abc /acbc"),
    ("/a**b", "/ab /axxb", "/ba"),
    ("/*?", "/? /a?b", "/a"),
    ("/*?*s=", "/a?s= /?q=1&s=2", "/s= /a?q"),
    ("/page?x=1", "/page?x=1 /page?x=12", "/page /page?y&x=1"),
    ("/A", "/A /AB", "/a"),
    # What is no path and no pattern matches nothing.
    ("fish", "", "/fish /a/fish / /fishfish"),
    ("$", "", "/ /$"),
    ("https://shop.example/fish", "", "/fish /https://shop.example/fish"),
    ("./fish", "", "/fish /./fish"),
    # A dollar elsewhere than at the end, and escaped, is a dollar; so is a star when escaped.
    ("/a$b", "/a$b /a%24b /a$bc", "/a /ab"),
    ("/a%24", "/a$ /a%24x", "/a /ab"),
    ("/a$$", "/a$ /a%24", "/a /a$x"),
    ("/a%2A", "/a* /a%2Ab /a%2a", "/a /ab"),
    ("/a%2ab", "/a*b", "/axb"),
    # RFC 9309, 2.2.2: escaped or not, and in upper or lower case, it is the same.
    ("/ツ", "/ツ /%E3%83%84 /%e3%83%84x", "/ /%E3%83"),
    ("/%E3%83%84", "/ツ /%E3%83%84 /%e3%83%84", "/"),
    ("/%e3%83%84", "/ツ /%E3%83%84", "/"),
    ("/%62%61%7A", "/baz /%62az /baz/x", "/ba"),
    ("/baz", "/%62%61%7a", "/ba"),
    ("/~joe", "/~joe /%7Ejoe /%7ejoe", "/joe"),
    ("/%7ejoe", "/~joe /%7Ejoe", "/joe"),
    ("/a b", "/a%20b", "/a /ab"),
    ("/a%20b", "/a%20b", "/a+b"),
    ("/x?u=https://a.b", "/x?u=https://a.b /x?u=https%3A%2F%2Fa.b /x?u=https%3a%2f%2fa.b", "/x"),
    ("/x?u=https%3A%2F%2Fa.b", "/x?u=https://a.b", "/x?u=http://a.b"),
    ("/a%2Fb", "/a%2Fb /a%2fb", "/a/b"),
    ("/a/b", "/a/b", "/a%2Fb"),
    ("/a%3Fb", "/a%3Fb /a%3fb", "/a?b"),
    ("/a?b=?", "/a?b=? /a?b=%3F", "/a?b="),
    ("/%2A", "/* /%2A", "/a"),
    ("/a[1]", "/a[1] /a%5B1%5D", "/a1"),
    ("/a%", "/a% /a%x", "/a"),
    ("/\udcfc", "/%FC", "/u"),
    ("/a//b", "/a//b", "/a/b"),
    ("//a", "//a", "/a"),
    ("/a;b=1", "/a;b=1", "/a"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [(pattern, path, True) for pattern, paths, _ in PATHS for path in paths.split()]
    + [(pattern, path, False) for pattern, _, paths in PATHS for path in paths.split()],
)
def test_a_path_in_a_rule(pattern: str, path: str, matches: bool) -> None:
    assert allowed(f"User-agent: *\nDisallow: {pattern}", path) is not matches
    assert allowed(f"User-agent: *\nAllow: {pattern}\nDisallow: /", path) is matches


# Of several rules that match, the longest path decides, in whatever order; Allow, of two as long.
TIES = [
    (["Allow: /p", "Disallow: /"], "/page", True),
    (["Allow: /folder", "Disallow: /folder"], "/folder/page", True),
    (["Allow: /page", "Disallow: /*.htm"], "/page.htm", False),
    (["Allow: /page", "Disallow: /*.ph"], "/page.php5", True),
    (["Allow: /$", "Disallow: /"], "/", True),
    (["Allow: /$", "Disallow: /"], "/page.htm", False),
    (["Allow: /a/b", "Disallow: /a", "Disallow: /a/b/c"], "/a/b/x", True),
    (["Allow: /a/b", "Disallow: /a", "Disallow: /a/b/c"], "/a/b/c", False),
    (["Allow: /", "Disallow:"], "/x", True),
    (["Allow:", "Disallow: /"], "/x", False),
    (["Allow: /ü", "Disallow: /%C3"], "/ü", True),
    (["Allow: /%E3%83%84", "Disallow: /ツ*"], "/ツ", False),
    (["Allow: /page", "Disallow: /page$"], "/page", False),
    # How it is written makes no path longer.
    (["Allow: /shop", "Disallow: /*?"], "/shop?x", True),
    (["Allow: /blog", "Disallow: /*?s="], "/blog?s=1", True),
    (["Allow: /*?", "Disallow: /abc"], "/abc?x", False),
    (["Allow: /%62%61%7A", "Disallow: /baz*"], "/baz", False),
    # The index of a folder is the folder.
    (["Allow: /shop/index.html", "Disallow: /"], "/shop/", True),
    (["Allow: /shop/index.htm", "Disallow: /"], "/shop/", True),
    (["Allow: /shop/index.html", "Disallow: /"], "/shop/index.html", True),
    (["Allow: /shop/index.html", "Disallow: /"], "/shop/index.htm", False),
    (["Allow: /shop/index.html", "Disallow: /"], "/shop/x", False),
    (["Allow: /shop/index.html", "Disallow: /"], "/shop", False),
    (["Allow: /shop/index.html/x", "Disallow: /"], "/shop/", False),
    (["Allow: /", "Disallow: /shop/index.html"], "/shop/", True),
    # The file itself is never refused.
    (["Disallow: /"], "/robots.txt", True),
    (["Disallow: /robots.txt"], "/robots.txt?x", True),
    (["Disallow: /"], "/a/robots.txt", False),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "path", "expected"), TIES)
def test_the_longest_rule_decides(lines: list[str], path: str, expected: bool) -> None:
    for order in (lines, lines[::-1]):
        assert allowed("\n".join(["User-agent: *", *order]), path) is expected
