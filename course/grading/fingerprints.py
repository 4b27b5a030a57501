"""What a step has in common with others: fingerprints of its code, and of its text.

The code's are short sequences of words within a simplified statement (course.grading.simplified), so that nothing is
hidden by other names, another order, or what stands between. The text's are lines as they are written, comments among
them: where everybody's code is nearly the solution's, the same words say more. Those that the skeleton or the solution
has, say nothing, and are left out.
"""

import textwrap
import zlib
from collections.abc import Iterable
from functools import cache

from course.curriculum.steps import read_source, solution_path
from course.curriculum.todos import skeleton
from course.grading.simplified import Clause, clauses

GRAM = 6  # words in a sequence
SHORT = 12  # characters of a line that anybody writes
KINDS = ("code", "text")


def fingerprints(step: int, source: str) -> dict[str, list[int]]:
    """The fingerprints of a step, by kind."""
    own = {"code": _code(clauses(source)), "text": _text(source)}
    return {kind: sorted(own[kind] - known) for kind, known in _known(step).items()}


def fragments(one: str, other: str, shared: Iterable[int]) -> list[tuple[str, str]]:
    """The statements of two texts that hold shared fingerprints, each beside its like.

    Args:
        shared: the fingerprints of the code that count.
    """
    wanted = set(shared)
    theirs = [(clause, wanted & _code([clause])) for clause in clauses(other)]
    found = []
    for clause in clauses(one):
        own = wanted & _code([clause])
        like, common = max(
            ((each, len(own & prints)) for each, prints in theirs), key=lambda it: it[1], default=(clause, 0)
        )
        if common:
            found.append((_written(one, clause), _written(other, like)))
    return found


@cache
def _known(step: int) -> dict[str, set[int]]:
    """What every submission of a step was given, and what its solution has."""
    solution = read_source(solution_path(step))
    texts = (solution, skeleton(solution, step)[0])
    return {
        "code": set().union(*(_code(clauses(text)) for text in texts)),
        "text": set().union(*map(_text, texts)),
    }


def _code(found: Iterable[Clause]) -> set[int]:
    return {
        zlib.crc32(" ".join(each.words[i : i + GRAM]).encode("utf-8", "replace"))
        for each in found
        for i in range(len(each.words) - GRAM + 1)
    }


def _text(source: str) -> set[int]:
    lines = (" ".join(line.split()) for line in source.split("\n"))
    return {zlib.crc32(line.encode("utf-8", "replace")) for line in lines if len(line) >= SHORT}


def _written(source: str, clause: Clause) -> str:
    """The lines of a statement, as they stand in the file."""
    lines = source.split("\n")
    return textwrap.dedent("\n".join(lines[number - 1].rstrip() for number in clause.lines if number <= len(lines)))
