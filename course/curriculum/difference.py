"""A learner's step beside the solution, TODO by TODO.

White space, comments and docstrings are nothing: see course.curriculum.statements.
"""

import itertools
from dataclasses import dataclass
from difflib import SequenceMatcher

from course.curriculum.statements import NotPython, Statement, lines, statements
from course.curriculum.steps import read_source, solution_path
from course.curriculum.todos import Todo, skeleton, todo_lines

Pair = tuple[Statement | None, Statement | None]  # the learner's, the solution's


@dataclass(frozen=True)
class Section:
    """What was written for one TODO, or what differs outside of them all."""

    title: str
    pairs: list[Pair]

    @property
    def is_same(self) -> bool:
        return all(is_same(pair) for pair in self.pairs)


def compare(source: str, step: int) -> list[Section]:
    """A learner's source text and the solution: a section for each TODO, and one for what is left."""
    text, todo_of, todos = _solution(step)
    try:
        own, solution = statements(source), statements(text)
    except NotPython:
        own, solution = lines(source), lines(text)
    comments = todo_lines(source)
    own_todos = _assign(own, solution, [todo_of.get(each.line) for each in solution], comments)

    def pairs(number: int | None) -> list[Pair]:
        return _pairs(
            [each for each, todo in zip(own, own_todos) if todo == number],
            [each for each in solution if todo_of.get(each.line) == number],
        )

    sections = []
    for todo in todos:
        line = comments.get(todo.number)
        where = f" (line {line})" if line else ""
        sections.append(Section(f"TODO {todo.number}{where}: {todo.title}", pairs(todo.number)))
    elsewhere = [pair for pair in pairs(None) if not is_same(pair)]
    return [*sections, Section("Outside the TODOs", elsewhere)] if elsewhere else sections


def _solution(step: int) -> tuple[str, dict[int, int], list[Todo]]:
    """A solution as a learner would have written it, and the TODO that each line of it belongs to."""
    text, todos = skeleton(read_source(solution_path(step)), step)
    before = text.splitlines()
    after: list[str] = []
    todo_of = {}
    line = 0
    for todo in todos:
        after += before[line : todo.first_line - 1]
        for code in todo.code:
            after.append(code)
            todo_of[len(after)] = todo.number
        line = todo.last_line
    return "\n".join(after + before[line:]), todo_of, todos


def _assign(
    own: list[Statement], solution: list[Statement], todos: list[int | None], comments: dict[int, int]
) -> list[int | None]:
    """The TODO that each of a learner's statements belongs to.

    A statement that the solution has too is in the same TODO there. Any other one stands between
    two that are outside the TODOs in both files; of the TODOs between those it belongs to the one
    whose comment is above it, or where the comments are gone to one of the same function.
    """
    twins: dict[int, int] = {}  # by their indices
    matcher = SequenceMatcher(None, [each.place for each in own], [each.place for each in solution], autojunk=False)
    for i, j, size in matcher.get_matching_blocks():
        twins.update(zip(range(i, i + size), range(j, j + size)))
    outside = {i: j for i, j in twins.items() if todos[j] is None}

    ends = []  # for each statement, the next twin that is outside the TODOs
    end = len(solution)
    for i in reversed(range(len(own))):
        end = outside.get(i, end)
        ends.append(end)
    ends.reverse()

    assigned: list[int | None] = []
    start, start_line = 0, 0
    for i, each in enumerate(own):
        if i in outside:
            start, start_line = outside[i], each.line
        if i in twins:
            assigned.append(todos[twins[i]])
            continue
        around = [j for j in range(start, ends[i]) if each.scope[: len(solution[j].scope)] == solution[j].scope]
        near = [todos[j] for j in around if todos[j]]
        above = [(line, todo) for todo, line in comments.items() if start_line < line <= each.line and todo in near]
        if above:
            assigned.append(max(above)[1])
        elif assigned and assigned[-1] in near:
            assigned.append(assigned[-1])
        else:
            assigned.append(near[0] if near else None)
    return assigned


def _pairs(own: list[Statement], solution: list[Statement]) -> list[Pair]:
    """Both lists beside each other, equal statements in one row."""
    pairs: list[Pair] = []
    matcher = SequenceMatcher(None, [each.key for each in own], [each.key for each in solution], autojunk=False)
    for _, i1, i2, j1, j2 in matcher.get_opcodes():
        pairs += itertools.zip_longest(own[i1:i2], solution[j1:j2])
    return pairs


def is_same(pair: Pair) -> bool:
    own, other = pair
    return own is not None and other is not None and own.key == other.key
