"""Submissions that resemble each other: a place to look, and not a verdict.

Each step's own lines are read as tokens, with names and numbers replaced by what kind they are, so
that renaming hides nothing. What is compared are the fingerprints of winnowing (Schleimer,
Wilkerson and Aiken, 2003): of every few neighbouring sequences of tokens, one. Those that the
solution or many submissions share say nothing, and are left out.
"""

import io
import itertools
import keyword
import token
import tokenize
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from course.curriculum.statements import NotPython, lines, statements
from course.curriculum.steps import read_source, solution_path
from course.curriculum.todos import skeleton

GRAM = 6  # tokens in a sequence
WINDOW = 4  # neighbouring sequences of which one is kept
COMMON = 0.34  # the share of submissions from which on a fingerprint says nothing
ENOUGH = 12  # fingerprints that a pair must share
LEAST = 0.5  # the similarity from which on a pair is listed


@dataclass(frozen=True)
class Pair:
    """Two submissions, and the share of the smaller one's fingerprints that both have."""

    one: str
    other: str
    similarity: float


def pairs(submissions: Mapping[str, Mapping[int, str]]) -> list[Pair]:
    """The pairs that are worth a look, the most similar first.

    Args:
        submissions: the source text of each step, by the submissions' names.
    """
    prints = {name: _prints(steps) for name, steps in submissions.items()}
    counts = Counter(itertools.chain.from_iterable(prints.values()))
    most = max(2, COMMON * len(prints))
    prints = {name: {each for each in found if counts[each] <= most} for name, found in prints.items()}
    found = []
    for one, other in itertools.combinations(sorted(prints), 2):
        shared = len(prints[one] & prints[other])
        if shared >= ENOUGH and (similarity := shared / min(len(prints[one]), len(prints[other]))) >= LEAST:
            found.append(Pair(one, other, similarity))
    return sorted(found, key=lambda pair: -pair.similarity)


def _prints(steps: Mapping[int, str]) -> set[tuple[int, int]]:
    """The fingerprints of a submission, by step, without those that its solution has."""
    found = set()
    for step, source in steps.items():
        given, solved = _reference(step)
        found |= {(step, each) for each in _winnow(source, given) - solved}
    return found


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
