"""The pages of the book, as they stand in book/src/, and what SUMMARY.md lists of them."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from book.markdown import Part, parts, without_spans

_LISTED = re.compile(r"^\s*(?:- )?\[([^\]]*)\]\(([^)]*)\)", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.+?)(?:\s*\{#([\w-]+)\})?$", re.MULTILINE)
_NO_PROSE = re.compile(r"\{\{#.*?\}\}|<[^>]+>|\]\([^)]*\)|\$\$.*?\$\$", re.DOTALL)
_ID = re.compile(r"""\bid=["']([^"']+)["']""")


@dataclass
class Page:
    """One page: its file name and its Markdown."""

    name: str
    text: str
    parts: list[Part] = field(init=False)

    def __post_init__(self) -> None:
        self.parts = parts(self.text)

    @property
    def prose(self) -> list[Part]:
        return [part for part in self.parts if part.info is None]

    @property
    def step(self) -> int | None:
        """The step that it is the chapter of."""
        match = re.fullmatch(r"step_(\d\d)\.md", self.name)
        return int(match[1]) if match else None

    @cached_property
    def anchors(self) -> set[str]:
        """What a link into this page can point at, as mdBook names its headings."""
        found: set[str] = set()
        for part in self.prose:
            for heading, given in _HEADING.findall(part.text):
                name = given or _slug(heading)
                names = (f"{name}-{number}" if number else name for number in range(len(found) + 1))
                found.add(next(name for name in names if name not in found))
            found |= set(_ID.findall(without_spans(part.text)))
        return found

    @property
    def words(self) -> int:
        """How many words of prose it has: what is included, or a formula, is none."""
        prose = "".join(part.text for part in self.prose)
        return sum(bool(re.search(r"\w", word)) for word in _NO_PROSE.sub(" ", prose).split())

    def place(self, part: Part, offset: int) -> str:
        """A place in a part, for people: "book/src/step_05.md, line 12"."""
        return f"book/src/{self.name}, line {part.line + part.text.count(chr(10), 0, offset)}"


def _slug(heading: str) -> str:
    kept = [character for character in heading.strip().lower() if character.isalnum() or character in "_- "]
    return "".join(kept).replace(" ", "-")


def read_pages(root: Path) -> list[Page]:
    """Every page that is there, listed or not."""
    paths = sorted((root / "book" / "src").glob("*.md"))
    return [Page(path.name, path.read_text(encoding="utf-8")) for path in paths if path.name != "SUMMARY.md"]


def listed(root: Path) -> list[str]:
    """The file names in SUMMARY.md, in its order; empty for a chapter that has no page yet."""
    path = root / "book" / "src" / "SUMMARY.md"
    return [name for _, name in _LISTED.findall(path.read_text(encoding="utf-8"))] if path.is_file() else []
