"""What a person reads: verdicts, open TODOs, what to do next, and progress while MAX compiles."""

import os
import sys
import threading
import time
from collections.abc import Sequence, Set
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from course.check import Check, StepResult
from course.todos import ROOT, Todo, read_source, read_todos, step_title, todo_lines
from course.verify import Point


def _console(stderr: bool) -> Console:
    color_system = None if os.environ.get("NO_COLOR") else "auto"  # None: neither colours nor bold
    return Console(stderr=stderr, color_system=color_system, highlight=False, emoji=False, soft_wrap=True)


out = _console(stderr=False)
err = _console(stderr=True)


def show(result: StepResult, blamed: Sequence[int] = ()) -> None:
    """Print one step's verdicts and what to do next.

    Args:
        blamed: the earlier steps of the learner whose fault it is that this one fails.
    """
    path = Path(result.file)
    source = read_source(path)
    out.print(f"[bold]Step {result.step:02}: {_plain(step_title(result.step))}[/]  [dim]{_plain(_short(path))}[/]\n")
    importable = all(check.todos for check in result.checks)
    if importable and len(result.unfinished) == len(read_todos(result.step)):
        _show_todos(result.unfinished, source)
    else:
        lessons: set[str | None] = {None}  # a mistake that fails ten checks is explained once
        for check in result.checks:
            _show_check(check, lessons)
            lessons.add(check.mistake)
        _show_output(result)
        if blamed:
            _show_blame(result.step, blamed)
        else:
            _show_next(result, source)


def show_point(point: Point) -> None:
    """Print one point of verify."""
    out.print(f"[red]✗[/] [bold]{_plain(point.claim)}[/]" if point.faults else f"[green]✓[/] {_plain(point.claim)}")
    for fault in point.faults:
        out.print(f"    {_plain(fault)}")


def _show_todos(todos: list[Todo], source: str) -> None:
    lines = todo_lines(source)
    for todo in todos:
        out.print(f"  [yellow]○[/] TODO {todo.number}{_at(lines.get(todo.number))}: {_plain(todo.title)}")
    count = len(todos)
    out.print(f"\n{count} TODO{'s are' if count > 1 else ' is'} still to do. [bold]Next:[/] {_todo(todos[0], lines)}")


def _show_check(check: Check, known: Set[str | None]) -> None:
    if check.status == "passed":
        out.print(f"  [green]✓[/] {_plain(check.title)}")
        return
    if check.status == "skipped":
        out.print(f"  [yellow]○[/] {_plain(check.title)}: [dim]{_plain(check.actual or '')}[/]")
        return
    out.print(f"  [red]✗[/] [bold]{_plain(check.title)}[/]")
    if check.expected:
        out.print(f"      expected  {_plain(check.expected)}")
    if check.actual:
        out.print(f"      {'got     ' if check.expected else 'got'}  {_plain(check.actual)}")
    if check.mistake not in known:
        out.print(f"      [bold]That is what you get when {_plain(check.mistake)}.[/]")
    if check.help and (check.mistake is None or check.mistake not in known):
        out.print(f"      [cyan]{_plain(check.help)}[/]")
    if check.trace:
        for frame in check.trace:
            out.print(f"      [dim]{_plain(frame['file'])}, line {frame['line']}:[/]  {_plain(frame['code'])}")
    elif check.todo:
        out.print(f"      [dim]look at TODO {check.todo}{_at(check.line)}[/]")


def _show_blame(step: int, blamed: Sequence[int]) -> None:
    names = " and ".join(f"{number:02}" for number in blamed)
    noun, verb = ("steps", "are") if len(blamed) > 1 else ("step", "is")
    out.print(
        f"\n[bold]Step {step:02} is right; {noun} {names}, which it stands on, {verb} not.[/] "
        f"[bold]Next:[/] ./run s{blamed[0]:02}"
    )


def _show_output(result: StepResult) -> None:
    if printed := [line for line in result.output.splitlines() if line.strip()]:
        out.print("\n  [dim]Printed while the checks ran:[/]")
        for line in printed[:10]:
            out.print(f"  [dim]|[/] {_plain(line[:200])}")
        if len(printed) > 10:
            out.print(f"  [dim]| and {len(printed) - 10} lines more[/]")


def _show_next(result: StepResult, source: str) -> None:
    passed = sum(check.status == "passed" for check in result.checks)
    count = f"{passed} of {len(result.checks)} checks pass ({result.seconds:.1f} s)."
    if result.passed:
        following = f"./run s{result.step + 1:02}" if result.step < 14 else "./run generate --mine"
        out.print(f"\n[bold green]Step {result.step:02} is done:[/] {count} [bold]Next:[/] {following}")
        return
    lines = todo_lines(source)
    wrong = [check.todo for check in result.checks if check.status in ("failed", "error")]
    if None in wrong:  # the file cannot be imported
        advice = "the first ✗ above"
    else:
        skipped = [check.todo for check in result.checks if check.status == "skipped"]
        first = min(wrong + [todo.number for todo in result.unfinished] or skipped)
        advice = _todo(read_todos(result.step)[first - 1], lines)
    out.print(f"\n[bold red]Not yet:[/] {count} [bold]Next:[/] {advice}; then ./run s{result.step:02}")


def _todo(todo: Todo, lines: dict[int, int]) -> str:
    return f"TODO {todo.number}{_at(lines.get(todo.number))}: {_plain(todo.title)}"


def _at(line: int | None) -> str:
    return f" (line {line})" if line else ""


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _plain(text: str) -> str:
    """Text that steers neither a terminal nor rich."""
    return escape("".join(character if character.isprintable() else "·" for character in text.expandtabs()))


class Waiting:
    """Says what takes a while, once it has taken longer than a moment.

    On a terminal a bar, with the time that has passed; into a pipe a line every fifteen seconds.
    """

    PATIENCE = 2.0  # seconds: what MAX finds in its cache takes less
    INTERVAL = 15.0

    def __init__(self, console: Console = err) -> None:
        self.console = console
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self.task = self.bar.add_task("", total=None)
        self.say("Starting MAX")
        self.closed = threading.Event()
        self.ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> "Waiting":
        self.ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.set()
        self.ticker.join()

    def say(self, what: str) -> None:
        """From now on this is what is waited for; nothing, if it is empty."""
        self.what = what
        self.done = self.total = 0
        self.began = time.monotonic()

    def kernels(self, done: int, total: int, kernel: str | None = None) -> None:
        """As course.check's ``on_kernels``."""
        if kernel:
            self.say(f"MAX compiles {kernel}, once on this machine")
        elif done == total:
            self.say("Running the checks")
        else:
            self.what = "Loading MAX's kernels, which are compiled once on each machine"
            self.done, self.total = done, total

    def _tick(self) -> None:
        said = 0.0
        while not self.closed.wait(0.2):
            seconds = time.monotonic() - self.began
            if not self.what or seconds < self.PATIENCE:
                continue
            if self.console.is_terminal:
                self.bar.start()
                self.console.show_cursor(True)  # Ctrl-C in the compiler leaves no time to bring it back
                self.bar.update(self.task, description=self.what, completed=self.done)
                self.bar.tasks[0].total = self.total or None  # which update() takes for "as before"
            elif time.monotonic() - said >= self.INTERVAL and seconds >= self.INTERVAL:
                said = time.monotonic()
                count = f": {self.done} of {self.total}" if self.total else ""
                print(f"{self.what}{count} ({seconds:.0f} s)", file=sys.stderr, flush=True)
        self.bar.stop()
