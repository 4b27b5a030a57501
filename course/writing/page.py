"""Where a text is written, piece by piece: into a pipe as it is, on a terminal with lines that end between words."""

import re
import sys

from rich.cells import cell_len
from rich.text import Text

from course.terminal import console

_PARTS = re.compile(r"\n|[^\S\n]+|\S+")


class Page:
    """One text, as it grows.

    On a terminal the last word is held back until it is known whether it fits into its line, and a character that
    would steer the terminal shows as a dot.
    """

    def __init__(self) -> None:
        self._width = console.out.width if sys.stdout.isatty() else 0  # 0: lines are not broken
        self._column = 0
        self._space = ""  # before the word
        self._word: list[tuple[str, str]] = []  # its pieces and their styles

    def write(self, text: str, style: str = "") -> None:
        """Write a piece of the text at once, or as soon as its last word is whole."""
        if not self._width:
            put(text)
            return
        for part in _PARTS.findall(text):
            if part.strip():
                self._word.append((console.printable(part), style))
                if self._word_width() > self._width:  # it fits into no line
                    self._put_word()
                continue
            self._put_word()
            if part == "\n":
                self._space, self._column = "", 0
                put("\n")
            else:
                self._space += part.expandtabs(4)

    def end(self) -> None:
        """Write what was held back, and end the line."""
        self._put_word()
        put("\n")

    def _word_width(self) -> int:
        return sum(cell_len(piece) for piece, _ in self._word)

    def _put_word(self) -> None:
        if not self._word:
            return
        width = self._word_width()
        if self._column and self._column + len(self._space) + width > self._width:
            self._space, self._column = "", 0
            put("\n")
        put(self._space)
        end = self._column + len(self._space) + width
        self._column = (end - 1) % self._width + 1  # a word that is wider than a line ends in another one
        for piece, style in self._word:
            console.out.print(Text(piece, style), end="", soft_wrap=True) if style else put(piece)
        sys.stdout.flush()
        self._space, self._word = "", []


def put(text: str) -> None:
    """Print a piece of text at once, as it is."""
    if text:
        sys.stdout.write(text)
        sys.stdout.flush()
