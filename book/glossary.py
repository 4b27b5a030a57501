"""Links the terms of the glossary where a page first uses them.

The terms are the headings of the third level in book/src/glossary.md. A term is linked once on each
page, in running text only: not in a heading, a link, code, a formula or a table.
"""

import re
from functools import cache
from pathlib import Path

from book.markdown import parts

PAGE = "glossary.md"

_TERM = re.compile(r"^### (.+)$", re.MULTILINE)
# What is no running text: directives, code, formulas, links, HTML and what a summary says, headings, tables.
_OTHER = re.compile(
    r"\{\{#.*?\}\}|(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)|\$\$.*?\$\$|\$[^$\n]+\$|!?\[(?:[^\[\]]|\[[^\]]*\])*\]\([^)]*\)"
    r"|<summary>.*?</summary>|<[^>]+>|^#+ [^\n]*|^\|[^\n]*",
    re.DOTALL | re.MULTILINE,
)


def terms(root: Path) -> dict[str, str]:
    """Each term, in lower case, and the heading that explains it, as mdBook names it; nothing without a glossary."""
    path = root / "book" / "src" / PAGE
    return dict(_terms(path.read_text(encoding="utf-8"))) if path.is_file() else {}


@cache
def _terms(page: str) -> tuple[tuple[str, str], ...]:
    return tuple((term.lower(), re.sub(r"[^\w-]", "", term.lower().replace(" ", "-"))) for term in _TERM.findall(page))


def link_terms(page: str, name: str, root: Path) -> str:
    """A page, in Markdown, in which the first use of each term leads to the glossary."""
    if name == PAGE or not (known := terms(root)):
        return page
    longest_first = sorted(known, key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, longest_first))})(s|es)?(?![\w-])", re.IGNORECASE)
    linked: set[str] = set()

    def link(match: re.Match) -> str:
        term = match[1].lower()
        if term in linked:
            return match[0]
        linked.add(term)
        return f'<a class="term" href="glossary.html#{known[term]}">{match[0]}</a>'

    def prose(text: str) -> str:
        changed, end = [], 0
        for other in _OTHER.finditer(text):
            changed += [pattern.sub(link, text[end : other.start()]), other[0]]
            end = other.end()
        return "".join([*changed, pattern.sub(link, text[end:])])

    return "".join(part.text if part.info is not None else prose(part.text) for part in parts(page))
