"""What an instructor sees while submissions are graded, and at the end."""

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from course.grading.grade import Grade
from course.terminal import console

MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "dim")}  # passed, failed, not handed in
NOT_JUDGED = ("?", "red")


class Table:
    """A line for each grade, as it comes, above a bar that says how many are left."""

    def __init__(self, names: list[str], steps: tuple[int, ...]) -> None:
        self.width = max(len(name) for name in names)
        self.steps = steps
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left:"), TimeRemainingColumn())
        self.bar = Progress(*columns, console=console.out, transient=True, disable=not console.out.is_terminal)
        self.task = self.bar.add_task("", total=len(names))

    def __enter__(self) -> "Table":
        numbers = " ".join(f"{step:02}" for step in self.steps)
        console.out.print(f"[bold]{'':{self.width}}  {numbers}[/]")
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def add(self, grade: Grade) -> None:
        row = Text(console.printable(f"{grade.name:{self.width}} "))
        found = {step.step: NOT_JUDGED if step.lost else MARKS[step.passed] for step in grade.steps}
        if not grade.error:
            for step in self.steps:
                mark, style = found.get(step, MARKS[None])
                row.append(f" {mark} ", style=style)
            row.append(f" {grade.passed} of {len(self.steps)}", style="bold")
        if grade.remark:
            row.append(" " + console.printable(grade.remark), style="red")
        self.bar.console.print(row)
        self.bar.advance(self.task)
