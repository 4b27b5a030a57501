"""What an instructor sees while submissions are graded, and at the end."""

from collections.abc import Mapping, Sequence

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from course.grading.changes import Change
from course.grading.grade import Grade
from course.grading.gradebook import Row
from course.terminal import console

MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "dim")}  # passed, failed, not handed in
NOT_JUDGED = ("?", "red")


class Table:
    """A line for each grade, as it comes, above a bar that says how many are left."""

    def __init__(self, titles: Mapping[str, str], steps: tuple[int, ...]) -> None:
        self.titles = titles
        self.width = max(map(len, titles.values()), default=0)
        self.steps = steps
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left:"), TimeRemainingColumn())
        self.bar = Progress(*columns, console=console.out, transient=True, disable=not console.out.is_terminal)
        self.task = self.bar.add_task("", total=len(titles))

    def __enter__(self) -> "Table":
        numbers = " ".join(f"{step:02}" for step in self.steps)
        console.out.print(f"[bold]{'':{self.width}}  {numbers}[/]")
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def add(self, grade: Grade) -> None:
        row = Text(console.printable(f"{self.titles[grade.name]:{self.width}} "))
        found = {step.step: NOT_JUDGED if step.lost else MARKS[step.passed] for step in grade.steps}
        if found or not grade.error:
            for step in self.steps:
                mark, style = found.get(step, MARKS[None])
                row.append(f" {mark} ", style=style)
            row.append(f" {grade.passed} of {len(self.steps)}", style="bold")
        if grade.remark:
            row.append(" " + console.printable(grade.remark), style="red")
        self.bar.console.print(row)
        self.bar.advance(self.task)


def show_class(rows: Sequence[Row], changes: Sequence[Change]) -> None:
    """What there is to say beside the grades: who is absent, unknown or late, what is by hand, and what is new."""
    for status, sentence in (("absent", "handed in nothing"), ("unknown", "not in the roster")):
        if titles := [row.title for row in rows if row.status == status]:
            _say(f"{sentence}: {', '.join(titles)}")
    for row in rows:
        if said := "; ".join(filter(None, [*row.remarks, row.note if row.status != "unknown" else ""])):
            _say(f"{row.title}: {said}")
    if changes:
        _say(f"\nChanged since the last run: {len(changes)}")
    for change in changes:
        _say(f"  {change}")


def _say(text: str) -> None:
    console.out.print(
        "\n".join(map(console.printable, text.split("\n"))), markup=False, highlight=False, soft_wrap=True
    )
