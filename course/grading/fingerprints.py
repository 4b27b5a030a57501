"""What a submission has in common with others, whatever its names: fingerprints of its statements.

Each step's own lines are read as tokens, with names and numbers replaced by what kind they are, so that renaming
hides nothing. What is kept are the fingerprints of winnowing (Schleimer, Wilkerson and Aiken, 2003): of every few
neighbouring sequences of tokens, one. Those that the solution has too say nothing, and are left out.
"""

import io
import keyword
import token
import tokenize
import zlib
from collections.abc import Iterable
from functools import cache

from course.curriculum.statements import NotPython, lines, statements
from course.curriculum.steps import read_source, solution_path
from course.curriculum.todos import skeleton

GRAM = 6  # tokens in a sequence
WINDOW = 4  # neighbouring sequences of which one is kept


def fingerprints(step: int, source: str) -> set[int]:
    """The fingerprints of a step, without those that its solution has."""
    given, solved = _reference(step)
    return _winnow(source, given) - solved


@cache
def _reference(step: int) -> tuple[set, set[int]]:
    """What every submission of a step was given, as the statements' keys, and the solution's fingerprints."""
    solution = read_source(solution_path(step))
    given = {each.key for each in _cut(skeleton(solution, step)[0])}
    return given, _winnow(solution, given)


def _cut(source: str) -> list:
    try:
        return statements(source)
    except NotPython:
        return lines(source)


def _winnow(source: str, given: set) -> set[int]:
    kinds = [kind for each in _cut(source) if each.key not in given for kind in _kinds(each.text)]
    grams = [zlib.crc32(" ".join(kinds[i : i + GRAM]).encode()) for i in range(len(kinds) - GRAM + 1)]
    return {min(grams[i : i + WINDOW]) for i in range(max(1, len(grams) - WINDOW + 1)) if grams}


def _kinds(text: str) -> Iterable[str]:
    """What each token of a statement is: a keyword or an operator itself, a name, a number, a string."""
    try:
        for each in tokenize.generate_tokens(io.StringIO(text).readline):
            if each.type == token.NAME and not keyword.iskeyword(each.string):
                yield "name"
            elif each.type in (token.NAME, token.OP):
                yield each.string
            elif each.type in (token.NUMBER, token.STRING):
                yield token.tok_name[each.type]
    except (tokenize.TokenError, SyntaxError):
        return
