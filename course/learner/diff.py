"""The command ``diff``: a learner's step beside the solution, for a person to read."""

import itertools
import textwrap
from collections.abc import Iterator
from pathlib import Path

from rich.table import Table
from rich.text import Text

from course.curriculum.difference import Section, compare, is_same
from course.curriculum.statements import Statement
from course.curriculum.steps import STEPS_FOLDER, read_source, solution_path, step_path, step_title
from course.terminal import console

SIDE_BY_SIDE = 76  # columns: where there are fewer, one stands below the other


def show(step: int, folder: Path = STEPS_FOLDER) -> None:
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
            if is_same(pair):
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
        for same, group in itertools.groupby(section.pairs, is_same):
            pairs = list(group)
            if same:
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
