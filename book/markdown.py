"""Pages of the book, cut into their parts: prose, fenced blocks, spans of code."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"\s*(`{3,}|~{3,})(.*)")
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Part:
    """A stretch of prose, or a fenced block with its fences. Lines are 1-based."""

    text: str
    line: int
    info: str | None = None  # what stands behind the opening fence; None for prose

    @property
    def code(self) -> str:
        """What stands between the fences."""
        return "".join(self.text.splitlines(keepends=True)[1:-1])


def parts(page: str) -> list[Part]:
    """Cut a page. Put together again, the parts are the page."""
    found: list[Part] = []
    begun: list[str] = []
    fence, info, first = "", "", 1

    def close(number: int, info: str | None) -> None:
        nonlocal begun, first
        if begun:
            found.append(Part("".join(begun), first, info))
        begun, first = [], number

    for number, line in enumerate(page.splitlines(keepends=True), start=1):
        match = _FENCE.fullmatch(line.rstrip("\n"))
        if fence:
            begun.append(line)
            if match and match[1].startswith(fence) and not match[2].strip():
                fence = ""
                close(number + 1, info)
        elif match:
            close(number, None)
            fence, info = match[1], match[2].strip()
            begun.append(line)
        else:
            begun.append(line)
    close(0, info if fence else None)
    return found


def spans(prose: str) -> Iterator[tuple[int, str]]:
    """The spans of code in prose, each with where it begins."""
    for match in _SPAN.finditer(_without_comments(prose)):
        yield match.start(), " ".join(match[2].split())


def without_spans(prose: str) -> str:
    """Prose in which each span of code is blank, and what is left stands where it stood."""
    return _SPAN.sub(lambda match: _blank(match[0]), _without_comments(prose))


def outside_spans(prose: str, change: Callable[[str], str]) -> str:
    """Prose that is changed between its spans of code."""
    changed, end = [], 0
    for match in _SPAN.finditer(prose):
        changed += [change(prose[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*changed, change(prose[end:])])


def _without_comments(prose: str) -> str:
    return _COMMENT.sub(lambda match: _blank(match[0]), prose)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
