"""Python source text as a list of statements that can be compared.

Two statements mean the same if Python reads the same in them: white space, comments, brackets
and commas that change nothing, and the quotes of a string do not count.
"""

import ast
import io
import re
import textwrap
import tokenize
import warnings
from dataclasses import dataclass

_COMPOUND = {"async", "class", "def", "elif", "else", "except", "finally", "for", "if", "try", "while", "with"}
_SCOPE = re.compile(r"(?:async\s+)?(?:class|def)\s+(\w+)")
_UNREADABLE = (tokenize.TokenError, SyntaxError, ValueError, RecursionError, MemoryError)


class NotPython(ValueError):
    """The text cannot even be cut into statements."""


@dataclass(frozen=True)
class Statement:
    """A statement, or the head of a compound one, such as ``if x:``."""

    text: str  # as it is written, with its first line at the margin
    line: int
    depth: int  # of indentation, in levels
    scope: tuple[str, ...]  # the names of the classes and functions around it
    meaning: str

    @property
    def key(self) -> tuple[int, tuple[str, ...], str]:
        """Equal for two statements that are the same."""
        return self.depth, self.scope, self.meaning

    @property
    def place(self) -> tuple[int, tuple[str, ...], str]:
        """Equal for two statements that have the same place in the file: a function's head keeps it when it changes."""
        head = _SCOPE.match(self.text)
        return self.depth, self.scope, head[0] if head else self.meaning


def statements(source: str) -> list[Statement]:
    """The statements of a source text, without docstrings. It may contain mistakes in syntax.

    Raises:
        NotPython: for example, a bracket that opens is never closed.
    """
    found = []
    depth = brackets = 0
    is_inline = False  # after the colon of "if x: return y"
    words: list[tokenize.TokenInfo] = []
    scopes = _Scopes()
    source = source.replace("\r\n", "\n").replace("\r", "\n")  # as Python's parser sees the ends of lines
    source_lines = source.split("\n")
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type in (tokenize.INDENT, tokenize.DEDENT):
                depth += 1 if token.type == tokenize.INDENT else -1
            if token.type in (tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.NL, tokenize.ENDMARKER):
                continue
            if token.type == tokenize.OP:
                brackets += (token.string in "([{") - (token.string in ")]}")
            is_end = token.type == tokenize.NEWLINE or (token.string == ";" and not brackets)
            if not is_end:
                words.append(token)
            is_head = token.string == ":" and not brackets and words[0].string in _COMPOUND
            if words and (is_end or is_head):
                text = _text(words, source_lines)
                level = depth + is_inline
                if meaning := _meaning(text, words):
                    found.append(Statement(text, words[0].start[0], level, scopes.around(text, level), meaning))
                words = []
            is_inline = is_head or (is_inline and token.type != tokenize.NEWLINE)
    except _UNREADABLE as error:
        raise NotPython(str(error)) from error
    return found


def lines(source: str) -> list[Statement]:
    """The lines of a text in the place of statements: all that is left where Python reads nothing."""
    found = []
    scopes = _Scopes()
    for number, line in enumerate(source.split("\n"), start=1):
        text = line.strip()
        if text and not text.startswith("#"):
            indent = line.expandtabs()
            depth = (len(indent) - len(indent.lstrip())) // 4
            found.append(Statement(text, number, depth, scopes.around(text, depth), "".join(text.split())))
    return found


class _Scopes:
    """Follows from statement to statement which classes and functions are around."""

    def __init__(self) -> None:
        self.open: list[tuple[int, str]] = []

    def around(self, text: str, depth: int) -> tuple[str, ...]:
        """The scopes around this statement, the next one of the text."""
        self.open = [(level, name) for level, name in self.open if level < depth]
        names = tuple(name for _, name in self.open)
        if head := _SCOPE.match(text):
            self.open.append((depth, head[1]))
        return names


def _text(words: list[tokenize.TokenInfo], lines: list[str]) -> str:
    """What stands in the file from the first word to the last."""
    (first, column), (last, end) = words[0].start, words[-1].end
    if first == last:
        return lines[first - 1][column:end]
    rows = [*lines[first - 1 : last - 1], lines[last - 1][:end]]
    rows[0] = " " * column + rows[0][column:]
    return textwrap.dedent("\n".join(rows)).strip()


def _meaning(text: str, words: list[tokenize.TokenInfo]) -> str:
    """What Python reads in a statement, always written in one way; nothing for a docstring."""
    for whole in (text, text + " pass"):  # the head of a compound statement wants a body
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about the learner's code, and not asked for
                tree = ast.parse(whole)
        except _UNREADABLE:
            continue
        if isinstance(tree.body[0], ast.Expr) and isinstance(getattr(tree.body[0].value, "value", None), str):
            return ""
        return ast.unparse(tree)
    return " ".join(word.string for word in words)  # else:, @decorator, and mistakes
