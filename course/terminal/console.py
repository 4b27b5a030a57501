"""The terminal: what is printed goes through these two consoles, and through functions that make text harmless."""

import codecs
import locale
import os
import unicodedata
from io import TextIOWrapper
from pathlib import Path
from typing import Literal, TextIO

from rich.console import Console
from rich.markup import escape
from rich.text import Text
from rich.theme import Theme

from course.curriculum.steps import ROOT

# Shades that can be read on black and on white. Those that terminals give these names often cannot.
COLORS = Theme({"green": "color(28)", "red": "color(160)", "yellow": "color(130)", "cyan": "color(30)"})

# What stands for a character where there is no Unicode.
ASCII = {"✓": "+", "✗": "x", "○": "o", "≠": "!", "·": ".", "█": "#"}

# The directions that invisible letters of a word's spelling have; those that turn around what follows have others.
SPELLING = {"AL", "AN", "BN", "L", "NSM", "R"}

NARROWEST = 20  # columns for a text beside its label


def _console(stderr: bool) -> Console:
    color_system: Literal["auto"] | None = (
        None if os.environ.get("NO_COLOR") else "auto"
    )  # None: neither colours nor bold
    console = Console(
        stderr=stderr, color_system=color_system, theme=COLORS, highlight=False, emoji=False, _environ=_environment()
    )
    # Lines that go into a pipe stay whole, unless it is known how wide they will be shown.
    console.soft_wrap = not (console.is_terminal or "COLUMNS" in _environment())
    return console


def _environment() -> dict[str, str]:
    """The environment, without a width that nothing fits in: scripts, Emacs and CI hand on COLUMNS=0."""
    width = os.environ.get("COLUMNS", "")
    is_width = width.isdecimal() and int(width) >= NARROWEST
    return {name: value for name, value in os.environ.items() if name != "COLUMNS" or is_width}


def spell(stream: TextIO) -> None:
    """Let a stream take every character: those that its terminal has not are spelled in others."""
    if not isinstance(stream, TextIOWrapper):
        return
    # In the C locale Python writes UTF-8 all the same, unless it is told what to write.
    is_told = os.environ.get("PYTHONIOENCODING") or os.environ.get("PYTHONUTF8")
    is_c = codecs.lookup(locale.nl_langinfo(locale.CODESET) or "utf-8").name == "ascii"
    stream.reconfigure(encoding="ascii" if is_c and not is_told else None, errors="course.ascii")


def _spelling(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)  # a stream is only written to
    missing = error.object[error.start : error.end]
    return "".join(ASCII.get(character, "?") for character in missing), error.end


codecs.register_error("course.ascii", _spelling)

out = _console(stderr=False)
err = _console(stderr=True)


def print_beside(label: str, text: str) -> None:
    """Print a text beside its label, and keep it there where it takes several lines."""
    margin, body = Text.from_markup(label, emoji=False), Text.from_markup(text, emoji=False)
    rows = [body] if out.soft_wrap else body.wrap(out, max(out.width - margin.cell_len, NARROWEST))
    for row in rows:
        line = margin + row
        line.rstrip()
        out.print(line, soft_wrap=True)
        margin = Text(" " * margin.cell_len)


def short(path: Path) -> str:
    """A path as one would write it in the repository."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def printable(text: str) -> str:
    """Text that does not steer a terminal."""
    return "".join(character if _is_text(character) else "·" for character in text.expandtabs())


def _is_text(character: str) -> bool:
    """Whether it belongs to a text, as do the spaces and the joiners of people's names, and steers nothing."""
    kind = unicodedata.category(character)
    spells = kind == "Zs" or (kind == "Cf" and unicodedata.bidirectional(character) in SPELLING)
    return spells or character.isprintable()


def plain(text: str) -> str:
    """Text that steers neither a terminal nor rich."""
    return escape(printable(text))
