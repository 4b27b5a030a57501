"""What a person reads: verdicts, open TODOs, what to do next, and progress while MAX compiles."""

import codecs
import locale
import os
import shlex
import sys
import threading
import time
from collections.abc import Mapping, Sequence, Set
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column
from rich.text import Text
from rich.theme import Theme

from course.check import Check, StepResult
from course.todos import ROOT, Todo, read_source, read_todos, step_title, todo_lines
from course.verify import Point


# Shades that can be read on black and on white. Those that terminals give these names often cannot.
COLORS = Theme({"green": "color(28)", "red": "color(160)", "yellow": "color(130)", "cyan": "color(30)"})

# What stands for a character where there is no Unicode.
ASCII = {"✓": "+", "✗": "x", "○": "o", "≠": "!", "·": ".", "█": "#"}

BAR = 30  # columns, of a share of 1
NARROWEST = 20  # columns for a text beside its label


def _console(stderr: bool) -> Console:
    color_system = None if os.environ.get("NO_COLOR") else "auto"  # None: neither colours nor bold
    console = Console(stderr=stderr, color_system=color_system, theme=COLORS, highlight=False, emoji=False)
    # Lines that go into a pipe stay whole, unless it is known how wide they will be shown.
    console.soft_wrap = not (console.is_terminal or "COLUMNS" in os.environ)
    return console


def spell(stream: TextIO) -> None:
    """Let a stream take every character: those that its terminal has not are spelled in others."""
    if not isinstance(stream, TextIOWrapper):
        return
    # In the C locale Python writes UTF-8 all the same, unless it is told what to write.
    is_told = os.environ.get("PYTHONIOENCODING") or os.environ.get("PYTHONUTF8")
    is_c = codecs.lookup(locale.nl_langinfo(locale.CODESET) or "utf-8").name == "ascii"
    stream.reconfigure(encoding="ascii" if is_c and not is_told else None, errors="course.ascii")


def _spelling(error: UnicodeError) -> tuple[str, int]:
    missing = error.object[error.start : error.end]
    return "".join(ASCII.get(character, "?") for character in missing), error.end


codecs.register_error("course.ascii", _spelling)

out = _console(stderr=False)
err = _console(stderr=True)


def show(result: StepResult, blamed: Sequence[int] = ()) -> None:
    """Print one step's verdicts and what to do next.

    Args:
        blamed: the earlier steps of the learner whose fault it is that this one fails.
    """
    path = Path(result.file)
    source = read_source(path)
    _print("", f"[bold]Step {result.step:02}: {_plain(step_title(result.step))}[/]  [dim]{_plain(short(path))}[/]")
    out.print()
    importable = all(check.todos for check in result.checks)
    if importable and len(result.unfinished) == len(read_todos(result.step)):
        _show_todos(result.unfinished, source)
    else:
        known: set[str] = set()
        for check in result.checks:
            _show_check(check, known)
            known.update(filter(None, (check.mistake, check.help)))
        _show_output(result)
        if blamed:
            _show_blame(result.step, blamed, path)
        else:
            _show_next(result, source)


def show_point(point: Point) -> None:
    """Print one point of verify."""
    if point.faults:
        _print("[red]✗[/] ", f"[bold]{_plain(point.claim)}[/]")
    else:
        _print("[green]✓[/] ", _plain(point.claim))
    for fault in point.faults:
        _print("    ", _plain(fault))


def _show_todos(todos: list[Todo], source: str) -> None:
    lines = todo_lines(source)
    for todo in todos:
        _print("  [yellow]○[/] ", _todo(todo, lines))
    count = len(todos)
    out.print()
    _print("", f"{count} TODO{'s are' if count > 1 else ' is'} still to do. [bold]Next:[/] {_todo(todos[0], lines)}")


def _show_check(check: Check, known: Set[str]) -> None:
    """Print a verdict. What a mistake is, what comes of it, and what helps is shown in full until it is known."""
    if check.status == "passed":
        _print("  [green]✓[/] ", _plain(check.title))
        return
    if check.status == "skipped":
        _print("  [yellow]○[/] ", f"{_plain(check.title)}: [dim]{_plain(check.actual or '')}[/]")
        return
    is_new = check.mistake not in known
    _print("  [red]✗[/] ", f"[bold]{_plain(check.title)}[/]")
    if check.comparison:
        _show_comparison(check.comparison, in_full=is_new)
    else:
        if check.expected:
            _print("      [dim]expected[/]  ", _plain(check.expected))
        if check.actual:
            _print("      [dim]got[/]       " if check.expected else "      [dim]got[/]  ", _plain(check.actual))
    if check.shares and is_new:
        _show_shares(check.shares)
    if check.mistake and is_new:
        _print("      ", f"[bold]That is what you get when {_plain(check.mistake)}.[/]")
    if check.help and is_new and check.help not in known:
        _print("      ", f"[cyan]{_plain(check.help)}[/]")
    if check.trace:
        for frame in check.trace:
            _print(f"      [dim]{_plain(frame['file'])}, line {frame['line']}:[/]  ", _plain(frame["code"]))
    elif check.todo:
        _print("      ", f"[dim]look at TODO {check.todo}{_at(check.line)}[/]")


def _show_comparison(found: Mapping[str, Any], in_full: bool) -> None:
    """How wrong a tensor is; in full, its shape before that, and the first places where it is wrong after."""
    if in_full:
        _print("      ", f"{_plain(found['what'])}: shape {found['shape']}, as it should be")
    verb, most = "are" if found["off"] > 1 else "is", found["largest"]
    by = "" if most == "inf" else f" by {most}" if found["off"] == 1 else f", by {most} at most"
    allowed = "" if found["tolerance"] == "0" else f"[dim]({found['tolerance']} is allowed)[/]"
    _print("      ", f"{found['off']} of {found['of']} values {verb} off{by} {allowed}")
    if not in_full:
        return
    rows = [(str(row["place"]), row["expected"], row["got"]) for row in found["places"]]
    head = ("place", "expected", "got")
    place, expected, got = (max(map(len, column)) for column in zip(head, *rows))
    for style, row in [("dim", head), *(("none", row) for row in rows)]:
        out.print(f"      [{style}]{escape(row[0]):<{place}}  {row[1]:>{expected}}  {row[2]:>{got}}[/]", soft_wrap=True)


def _show_shares(shares: Mapping[str, Sequence[float]]) -> None:
    """For each kind of token a bar of the share that it should have, and one of the share that it has."""
    for kind, (expected, drawn) in shares.items():
        _print("      ", _plain(kind))
        for label, share in (("expected", expected), ("drawn", drawn)):
            _print(f"        [dim]{label:8}[/]  {share:>4.0%} ", f"[cyan]{'█' * round(BAR * share)}[/]")


def _show_blame(step: int, blamed: Sequence[int], path: Path) -> None:
    names = " and ".join(f"{number:02}" for number in blamed)
    noun, verb = ("steps", "are") if len(blamed) > 1 else ("step", "is")
    out.print()
    _print(
        "",
        f"[bold]Step {step:02} is right; {noun} {names}, which it stands on, {verb} not.[/] "
        f"[bold]Next:[/] {_command(blamed[0], path)}",
    )


def _show_output(result: StepResult) -> None:
    if printed := [line for line in result.output.splitlines() if line.strip()]:
        out.print("\n  [dim]Printed while the checks ran:[/]")
        for line in printed[:10]:
            _print("  [dim]|[/] ", _plain(line[:200]))
        if len(printed) > 10:
            out.print(f"  [dim]| and {len(printed) - 10} lines more[/]")


def _show_next(result: StepResult, source: str) -> None:
    path = Path(result.file)
    passed = sum(check.status == "passed" for check in result.checks)
    count = f"{passed} of {len(result.checks)} checks pass ({result.seconds:.1f} s)."
    out.print()
    if result.passed:
        following = _command(result.step + 1, path) if result.step < 14 else "./run generate --mine"
        _print("", f"[green][bold]Step {result.step:02} is done:[/][/] {count} [bold]Next:[/] {following}")
        return
    lines = todo_lines(source)
    wrong = [check.todo for check in result.checks if check.status in ("failed", "error")]
    if None in wrong:  # the file cannot be imported
        advice = "the first ✗ above"
    else:
        skipped = [check.todo for check in result.checks if check.status == "skipped"]
        first = min(wrong + [todo.number for todo in result.unfinished] or skipped)
        advice = _todo(read_todos(result.step)[first - 1], lines)
    _print("", f"[red][bold]Not yet:[/][/] {count} [bold]Next:[/] {advice}; then {_command(result.step, path)}")


def _command(step: int, path: Path) -> str:
    """The command that checks a step where this one's file is."""
    option = "" if path.parent.resolve() == ROOT / "steps" else f" --from {shlex.quote(str(path.parent))}"
    return f"./run s{step:02}{_plain(option)}"


def _todo(todo: Todo, lines: dict[int, int]) -> str:
    return f"TODO {todo.number}{_at(lines.get(todo.number))}: {_plain(todo.title)}"


def _at(line: int | None) -> str:
    return f" (line {line})" if line else ""


def _print(label: str, text: str) -> None:
    """Print a text beside its label, and keep it there where it takes several lines."""
    margin, body = Text.from_markup(label, emoji=False), Text.from_markup(text, emoji=False)
    rows = [body] if out.soft_wrap else body.wrap(out, max(out.width - margin.cell_len, NARROWEST))
    for row in rows:
        line = margin + row
        line.rstrip()
        out.print(line, soft_wrap=True)
        margin = Text(" " * margin.cell_len)


def short(path: Path) -> str:
    """A path as one would write it in the repository."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def printable(text: str) -> str:
    """Text that does not steer a terminal."""
    return "".join(character if character.isprintable() else "·" for character in text.expandtabs())


def _plain(text: str) -> str:
    """Text that steers neither a terminal nor rich."""
    return escape(printable(text))


class Waiting:
    """Says what takes a while, once it has taken longer than a moment.

    On a terminal a bar, with the time that has passed; into a pipe a line every fifteen seconds.
    """

    PATIENCE = 2.0  # seconds: what MAX finds in its cache takes less
    INTERVAL = 15.0

    def __init__(self, console: Console = err) -> None:
        self.console = console
        self.bar = Progress(
            TextColumn("{task.description}", table_column=Column(overflow="fold")),  # rather than lose the time
            BarColumn(bar_width=10),
            TextColumn("{task.fields[passed]}"),
            console=console,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),  # what is printed meanwhile stands above the bar, but a pipe gets it
        )
        self.task = self.bar.add_task("", total=None, passed="")
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
            self.say(f"MAX compiles {kernel}, this once")
        elif done == total:
            self.say("Running the checks")
        else:
            self.count("Loading MAX's kernels, compiled the first time", done, total)

    def count(self, what: str, done: int, total: int) -> None:
        """What is waited for now, and how much of it is done."""
        self.what, self.done, self.total = what, done, total

    def _tick(self) -> None:
        said = 0.0
        while not self.closed.wait(0.2):
            seconds = time.monotonic() - self.began
            if not self.what or seconds < self.PATIENCE:
                continue
            what = self.what + (f": {self.done} of {self.total}" if self.total else "")
            if self.console.is_terminal:
                self.bar.start()
                self.console.show_cursor(True)  # Ctrl-C in the compiler leaves no time to bring it back
                self.bar.update(self.task, description=what, completed=self.done, passed=f"{seconds:.0f} s")
                self.bar.tasks[0].total = self.total or None  # which update() takes for "as before"
            elif time.monotonic() - said >= self.INTERVAL and seconds >= self.INTERVAL:
                said = time.monotonic()
                print(f"{what} ({seconds:.0f} s)", file=sys.stderr, flush=True)
        self.bar.stop()
