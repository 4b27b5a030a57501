"""Proves that the book agrees with the course: its links, includes, lines, names, code and terminals.

``./run verify`` asks for all points, ``./run verify step_05`` for those about one page.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence, Set
from pathlib import Path
from urllib.parse import urlsplit

from book.blocks import run
from book.build import mdbook
from book.directives import DIRECTIVE, expand, line_range
from book.markdown import Part, spans, without_spans
from book.names import unknown_names
from book.pages import Page, listed, read_pages
from course.curriculum.steps import ROOT, STEPS, solution_path, step_title
from course.curriculum.todos import MarkerError, Todo, skeleton
from course.proof.point import Point
from course.refusal import Refusal

LARGEST = 500_000  # bytes of a page
WORDS = (800, 1800)  # of a chapter, its folded answers included
OTHER_PAGES = (
    "introduction.md",
    "setup.md",
    "looking_inside.md",
    "troubleshooting.md",
    "playground.md",
    "training.md",
    "serving.md",
    "where_next.md",
    "numpy_max_pytorch.md",
    "glossary.md",
)
# They write names of systems and of PyTorch; selftests/book/test_table.py runs the lines of NumPy and MAX.
OF_OTHER_PROGRAMS = ("troubleshooting.md", "numpy_max_pytorch.md")

_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]*)>?[^)]*\)|\b(?:href|src)=[\"']([^\"']*)[\"']")
_RANGE = re.compile(r"\b[Ll]ines?\s+(\d+)(?:\s*(?:-|–|to|and)\s*(\d+))?")
_TODO = re.compile(r"TODO (\d+)|^\s*(\d+)\. ", re.MULTILINE)


def prove(commands: Set[str], wanted: Sequence[str], say: Callable[[str], None]) -> Iterator[Point]:
    """Every point about this book, as soon as it is known; or those that are about some of its pages.

    Args:
        commands: the commands of the course and their options.
        wanted: names of pages, without .md; none means all.
        say: told what is waited for.

    Raises:
        Refusal: there is no such page.
    """
    say("Checking the pages of the book, and running their code")
    if wanted:
        pages = [page for page in read_pages(ROOT) if page.name.removesuffix(".md") in wanted]
        if unknown := set(wanted) - {page.name.removesuffix(".md") for page in pages}:
            raise Refusal(f"no such page in book/src: {', '.join(sorted(unknown))}")
        # One page need not have everything.
        yield from (point for point in points(ROOT, commands, pages) if not point.claim.startswith("0 "))
        return
    yield from points(ROOT, commands)
    say("Running what the book shows of a terminal")
    yield terminals()


def points(root: Path, commands: Set[str], pages: list[Page] | None = None) -> Iterator[Point]:
    """Every point that needs no recording, about some of the pages or about all."""
    if pages is None:
        pages = read_pages(root)
        yield contents(root, pages)
        yield builds(root)
    yield directives(root, pages)
    yield lengths(root, pages)
    yield links(root, pages)
    yield line_ranges(root, pages)
    yield names(root, pages, commands)
    yield blocks(root, pages)


def contents(root: Path, pages: list[Page]) -> Point:
    """SUMMARY.md lists every page, each step has its chapter, and that has the step's title."""
    names = listed(root)
    there = {page.name: page for page in pages}
    faults = []
    for name in [*OTHER_PAGES, *(f"step_{step:02}.md" for step in STEPS)]:
        if name not in names:
            faults.append(f"book/src/SUMMARY.md does not list {name}")
    faults += [f"book/src/SUMMARY.md lists {name}, which is not there" for name in names if name and name not in there]
    faults += [f"book/src/{name} is in no chapter of SUMMARY.md" for name in there if name not in names]
    for page in pages:
        if not page.text.strip():
            faults.append(f"book/src/{page.name} is empty")
        elif page.step in STEPS:
            title = f"# Step {page.step:02}: {step_title(page.step)}"
            if page.text.splitlines()[0] != title:
                faults.append(f"book/src/{page.name} does not begin with {title!r}")
    return Point.about(len(pages), "pages of the book, all of them in SUMMARY.md", faults)


def builds(root: Path) -> Point:
    """mdBook builds it without a warning, and no page is too large to travel."""
    with tempfile.TemporaryDirectory() as folder:
        ran = mdbook("build", "--dest-dir", folder, root=root, is_quiet=True)
        faults = [line.strip() for line in ran.stderr.splitlines() if re.match(r"\s*(WARN|ERROR)", line)]
        sizes = {path.name: path.stat().st_size for path in Path(folder).glob("*.html")}
    faults += [f"{name} is not built" for name in listed(root) if name and name.replace(".md", ".html") not in sizes]
    faults += [f"{name} has {size:,} bytes, over {LARGEST:,}" for name, size in sizes.items() if size > LARGEST]
    return Point.about(len(sizes), "pages are built by mdBook without a warning", faults)


def directives(root: Path, pages: list[Page]) -> Point:
    """Every include, picture, terminal, formula and so on stands for something."""
    faults = []
    count = 0
    for page in pages:
        count += len(DIRECTIVE.findall(page.text))
        faults += [f"book/src/{page.name}: {fault}" for fault in expand(page.text, page.name, root)[1]]
    return Point.about(count, "includes, pictures, terminals and other directives stand for something", faults)


def lengths(root: Path, pages: list[Page]) -> Point:
    """A chapter can be read in one sitting, and says enough."""
    chapters = [page for page in pages if page.step]
    faults = [
        f"book/src/{page.name} has {page.words:,} words, not {WORDS[0]:,} to {WORDS[1]:,}"
        for page in chapters
        if not WORDS[0] <= page.words <= WORDS[1]
    ]
    return Point.about(len(chapters), "chapters of a readable length", faults)


def links(root: Path, pages: list[Page]) -> Point:
    """Every link leads to a page and a heading of the book, or looks like an address."""
    faults = []
    count = 0
    there = {page.name: page for page in read_pages(root)}
    for page in pages:
        for part in page.prose:
            for match in _LINK.finditer(without_spans(part.text)):
                count += 1
                if fault := _dead(match[1] or match[2] or "", page, there, root):
                    faults.append(f"{page.place(part, match.start())}: {fault}")
    return Point.about(count, "links of the book lead somewhere", faults)


def _dead(target: str, page: Page, there: dict[str, Page], root: Path) -> str | None:
    """Why a link leads nowhere. Addresses outside the book are not visited."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        is_address = parts.scheme == "https" and re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.netloc)
        return None if is_address else f"{target} is not an address that begins with https://"
    if not parts.path and not parts.fragment:
        return "the link is empty"
    name = parts.path or page.name
    if name.endswith(".md"):
        if name not in there:
            return f"there is no page {name}"
        if parts.fragment and parts.fragment not in there[name].anchors:
            return f"{name} has no heading #{parts.fragment}"
    elif not (root / "book" / "src" / name).is_file():
        return f"{name} is not there"
    return None


def line_ranges(root: Path, pages: list[Page]) -> Point:
    """Line numbers that are written by hand are those of a TODO of the chapter's step."""
    faults = []
    count = 0
    for page in pages:
        todos = _todos(page.step, root) if page.step else []
        for part in page.prose:
            count += len(re.findall(r"\{\{#lines ", part.text))
            prose = DIRECTIVE.sub("", without_spans(part.text))
            for match in _RANGE.finditer(prose):
                count += 1
                if fault := _untrue(match, prose, todos):
                    faults.append(f"{page.place(part, match.start())}: {fault}")
    return Point.about(count, "line numbers in the book are true", faults)


def _todos(step: int, root: Path) -> list[Todo]:
    try:
        return skeleton(solution_path(step, root / "solutions").read_text(encoding="utf-8"), step)[1]
    except (OSError, MarkerError, SyntaxError):  # another point's matter
        return []


def _untrue(match: re.Match, prose: str, todos: list[Todo]) -> str | None:
    """Why line numbers are not those of the TODO that is named before them, or of any."""
    written = " ".join(match[0].split())
    if not todos:
        return f"'{written}' is about no step: write {{{{#lines 14.2}}}} for TODO 2 of step 14"
    paragraph = prose[prose.rfind("\n\n", 0, match.start()) + 1 : match.start()]
    named = [int(todo or item) for todo, item in _TODO.findall(paragraph)]
    meant = [todo for todo in todos if not named or todo.number == named[-1]] or todos
    first, last = int(match[1]), int(match[2] or match[1])
    for todo in meant:
        if (first, last) == (todo.first_line, todo.last_line):
            return None
        if not match[2] and todo.first_line <= first <= todo.last_line:
            return None
    return f"'{written}' is not true: " + ", ".join(f"TODO {todo.number} has {line_range(todo)}" for todo in meant)


def names(root: Path, pages: list[Page], commands: Set[str]) -> Point:
    """Names in backticks are names of the course, of MAX, of NumPy, of a command or of a file."""
    written = []
    for page in pages:
        if page.name in OF_OTHER_PROGRAMS:
            continue
        for part in page.prose:
            written += [(span, page.place(part, offset), page.name) for offset, span in spans(part.text)]
    code = {page.name: "".join(part.code for part in page.parts if part.info is not None) for page in pages}
    unknown = unknown_names([(span, code[page]) for span, _, page in written], root, commands)
    faults = [
        f"{place}: {name!r} in `{span}` is no name"
        for (span, place, _), found in zip(written, unknown)
        for name in found
    ]
    return Point.about(len(written), "names in backticks are names of something", faults)


def blocks(root: Path, pages: list[Page]) -> Point:
    """Every block of Python runs, and prints what the page says that it prints."""
    found = [(page, code) for page in pages if (code := python_blocks(page))]
    count = sum(len(code) for _, code in found)
    faults = run([(f"book/src/{page.name}", code) for page, code in found], root) if found else []
    return Point.about(count, "blocks of Python in the book run, and print what it says", faults)


def python_blocks(page: Page) -> list[tuple[int, str, str | None]]:
    """The blocks that are no includes: line, code, and the output that stands behind it."""
    found = []
    for index, part in enumerate(page.parts):
        if (part.info or "").split(",")[0] != "python" or DIRECTIVE.fullmatch(part.code.strip()):
            continue
        found.append((part.line, part.code, _output(page.parts[index + 1 : index + 3])))
    return found


def _output(following: list[Part]) -> str | None:
    """The text block that follows directly, if one does."""
    for part in following:
        if part.info == "text":
            return part.code
        if part.text.strip():
            return None
    return None


def terminals() -> Point:
    """What the pages show of a terminal is what the commands print."""
    ran = subprocess.run([sys.executable, "-m", "book.capture", "--verify"], cwd=ROOT, capture_output=True, text=True)
    faults = ran.stdout.splitlines()
    if ran.returncode:
        faults.append(f"book.capture ends with exit code {ran.returncode}: {ran.stderr[-300:].strip()}")
    count = len(list((ROOT / "book" / "terminal").glob("*.txt")))
    return Point.about(count, "terminals in the book show what commands print", faults)
