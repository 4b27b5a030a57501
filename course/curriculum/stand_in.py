"""A learner's file in which the solution's code stands in for some of the TODOs."""

import ast
import re
import textwrap
from collections.abc import Collection
from dataclasses import dataclass

from course.curriculum.steps import solution_path
from course.curriculum.todos import Todo, skeleton, todo_lines


class NoPlace(ValueError):
    """The learner's file has a different frame from the skeleton's: there is no telling where a TODO's code ends."""


@dataclass(frozen=True)
class StandIn:
    """A file for the checks alone.

    Attributes:
        text: the file.
        lines: of each line of it, counted from 1 at index 0, the line of the learner's file, or None where the
            solution's code stands: nobody is to see that.
    """

    text: str
    lines: tuple[int | None, ...]


def stand_in(step: int, source: str, numbers: Collection[int]) -> StandIn:
    """Put the solution's code for these TODOs into a learner's file.

    Where the two call a variable that one TODO hands to the next by other names, both names are given to it.

    Raises:
        NoPlace: the file does not show where the code of a TODO begins or ends.
        SyntaxError: the code of a TODO is not Python.
    """
    rows = source.splitlines()
    places = _places(step, source)
    theirs = {todo.number: _stored(rows[first:last]) for todo, first, last in places}
    written = {name for names in theirs.values() for name in names}
    text: list[str] = []
    lines: list[int | None] = []
    at = 0
    for todo, first, last in places:
        if todo.number not in numbers:
            continue
        code = _aliased(todo, [other for other, *_ in places if other.number not in numbers], theirs, written)
        text += [*rows[at:first], *code, ""]
        lines += [*range(at + 1, first + 1), *[None] * (len(code) + 1)]
        at = last
    text += rows[at:]
    lines += range(at + 1, len(rows) + 1)
    return StandIn("\n".join(text) + "\n", tuple(lines))


def raising(step: int, source: str) -> list[int]:
    """The TODOs in whose place a learner has written code, and left the skeleton's ``raise``."""
    rows = source.splitlines()
    found = []
    for todo, first, last in _places(step, source):
        code = [row.strip() for row in rows[first:last] if row.strip() and not row.strip().startswith("#")]
        if len(code) > 1 and any(row.startswith("raise NotImplementedError") for row in code):
            found.append(todo.number)
    return found


def _places(step: int, source: str) -> list[tuple[Todo, int, int]]:
    """Of each TODO the lines of its code in a learner's file: the index of the first, and of the one after the last."""
    frame, todos = skeleton(solution_path(step).read_text(encoding="utf-8"), step)
    framed, rows = frame.splitlines(), source.splitlines()
    starts = todo_lines(source)
    places = []
    for todo in todos:
        if todo.number not in starts:
            raise NoPlace(f"TODO {todo.number} is not there")
        first = starts[todo.number]
        while first < len(rows) and re.match(r"\s*#(   |$)", rows[first]):  # the rest of the task
            first += 1
        after = next((line.strip() for line in framed[todo.last_line :] if line.strip()), None)
        ends = [index for index in range(first, len(rows)) if rows[index].strip() == after]
        if after and not ends:
            raise NoPlace(f"what comes after TODO {todo.number} is not there")
        places.append((todo, first, ends[0] if after else len(rows)))
    return places


def _aliased(todo: Todo, others: Collection[Todo], theirs: dict[int, list[str]], written: set[str]) -> list[str]:
    """A TODO's code in the solution, with the names that a learner's code around it has."""
    indent = todo.code[0][: len(todo.code[0]) - len(todo.code[0].lstrip())]
    tree = ast.parse(textwrap.dedent("\n".join(todo.code)))
    loaded = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    before, after = [], []
    for other in others:
        own, name = _stored(other.code), next(reversed(theirs[other.number]), None)
        missing = [each for each in own if each in loaded and each not in written]
        if other.number < todo.number and name:
            before += [f"{indent}{each} = {name}" for each in missing]
    ours = _stored(todo.code)
    if ours and theirs[todo.number] and theirs[todo.number][-1] not in ours:
        after = [f"{indent}{theirs[todo.number][-1]} = {ours[-1]}"]
    return [*before, *todo.code, *after]


def _stored(code: Collection[str]) -> list[str]:
    """The local names that lines of code give values to, in their order."""
    tree = ast.parse(textwrap.dedent("\n".join(code)))
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    return [node.id for node in sorted(names, key=lambda node: (node.lineno, node.col_offset))]
