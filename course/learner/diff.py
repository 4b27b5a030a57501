"""The command ``diff``: a learner's step beside the solution, TODO by TODO.

White space, comments and docstrings are nothing: see course.curriculum.statements.
"""

import itertools
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from rich.table import Table
from rich.text import Text

from course.curriculum.statements import NotPython, Statement, lines, statements
from course.curriculum.steps import ROOT, read_source, solution_path, step_path, step_title
from course.curriculum.todos import Todo, skeleton, todo_lines
from course.terminal import console

SIDE_BY_SIDE = 76  # columns: where there are fewer, one stands below the other

Pair = tuple[Statement | None, Statement | None]  # the learner's, the solution's


@dataclass(frozen=True)
class Section:
    """What was written for one TODO, or what differs outside of them all."""

    title: str
    pairs: list[Pair]

    @property
    def is_same(self) -> bool:
        return all(_is_same(pair) for pair in self.pairs)


def show(step: int, folder: Path = ROOT / "steps") -> None:
    """Print what ``folder/step_NN.py`` has that the solution has not, and the other way round.

    Side by side on a terminal that is wide enough, else as a unified diff.

    Raises:
        FileNotFoundError: there is no such file.
    """
    path = step_path(step, folder)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there")
    names = [console.printable(console.short(each)) for each in (path, solution_path(step))]
    sections = compare(read_source(path), step)
    if all(section.is_same for section in sections):
        console.out.print(f"{names[0]} says the same as {names[1]}.", markup=False)
    elif console.out.is_terminal and console.out.width >= SIDE_BY_SIDE:
        _show_side_by_side(step, names, sections)
    else:
        _show_unified(names, sections)


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
    elsewhere = [pair for pair in pairs(None) if not _is_same(pair)]
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
    twins = {}  # by their indices
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


def _is_same(pair: Pair) -> bool:
    own, other = pair
    return own is not None and other is not None and own.key == other.key


# What a person reads


def _show_side_by_side(step: int, names: list[str], sections: list[Section]) -> None:
    width = (console.out.width - 3) // 2
    console.out.print(Text(f"Step {step:02}: {step_title(step)}\n", style="bold"))
    console.out.print(Text(f"{names[0]:{width}}   {names[1]}", style="dim"))
    for section in sections:
        if section.is_same:
            console.out.print(Text.assemble("\n", ("✓ ", "green"), (section.title, "bold"), ": the same"))
            continue
        console.out.print(Text.assemble("\n", ("≠ ", "yellow"), (section.title, "bold")))
        table = Table.grid(padding=(0, 1, 0, 0))
        table.add_column(width=width)
        table.add_column(style="dim")
        table.add_column(width=width)
        margin = _margin(section)
        for pair in section.pairs:
            own, other = ("\n".join(_rows(each, margin, width)) for each in pair)
            if _is_same(pair):
                table.add_row(Text(own), "", Text(other))
            else:
                mark = "|" if own and other else "<" if own else ">"
                table.add_row(Text(own, style="red"), mark, Text(other, style="green"))
        console.out.print(table, soft_wrap=False)


def _show_unified(names: list[str], sections: list[Section]) -> None:
    console.out.print(Text(f"--- {names[0]}\n+++ {names[1]}", style="bold"))
    for section in sections:
        if section.is_same:
            continue
        console.out.print(Text(f"@@ {section.title} @@", style="cyan"))
        margin = _margin(section)
        for is_same, group in itertools.groupby(section.pairs, _is_same):
            pairs = list(group)
            if is_same:
                _print_signed(" ", "", [own for own, _ in pairs], margin)
            else:
                _print_signed("-", "red", [own for own, _ in pairs], margin)
                _print_signed("+", "green", [other for _, other in pairs], margin)


def _print_signed(sign: str, style: str, found: list[Statement | None], margin: int) -> None:
    for each in found:
        for row in _rows(each, margin):
            console.out.print(Text(sign + row, style=style))


def _margin(section: Section) -> int:
    return min(each.depth for pair in section.pairs for each in pair if each)


def _rows(statement: Statement | None, margin: int, width: int | None = None) -> Iterator[str]:
    """The lines of a statement, indented, and folded where they are wider than so many columns."""
    if statement is None:
        return
    indent = "    " * (statement.depth - margin)
    for line in statement.text.split("\n"):
        row = console.printable(indent + line)
        if width is None or len(row) <= width:
            yield row
        else:
            hanging = " " * (len(row) - len(row.lstrip()) + 8)  # deeper than the block that may follow
            yield from textwrap.wrap(row, width, subsequent_indent=hanging, break_on_hyphens=False)
