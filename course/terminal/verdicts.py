"""What a person reads of a step's verdicts: which checks pass, what is wrong and where, and what to do next."""

import shlex
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from rich.markup import escape

from course.curriculum.steps import LAST, STEPS_FOLDER, read_source, step_title
from course.curriculum.todos import Todo, read_todos, todo_lines
from course.judging.verdicts import StepResult, Verdict
from course.terminal import console
from course.terminal.console import plain, print_beside, short

BAR = 30  # columns, of a share of 1


def show(result: StepResult, blamed: Sequence[int] = ()) -> None:
    """Print one step's verdicts and what to do next.

    Args:
        blamed: the earlier steps of the learner whose fault it is that this one fails.
    """
    path = Path(result.file)
    source = read_source(path)
    print_beside("", f"[bold]Step {result.step:02}: {plain(step_title(result.step))}[/]  [dim]{plain(short(path))}[/]")
    console.out.print()
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


def _show_todos(todos: list[Todo], source: str) -> None:
    lines = todo_lines(source)
    for todo in todos:
        print_beside("  [yellow]○[/] ", _todo(todo, lines))
    count = len(todos)
    console.out.print()
    print_beside(
        "", f"{count} TODO{'s are' if count > 1 else ' is'} still to do. [bold]Next:[/] {_todo(todos[0], lines)}"
    )


def _show_check(check: Verdict, known: Set[str]) -> None:
    """Print a verdict. What a mistake is, what comes of it, and what helps is shown in full until it is known."""
    if check.status == "passed":
        print_beside("  [green]✓[/] ", plain(check.title))
        return
    if check.status == "skipped":
        print_beside("  [yellow]○[/] ", f"{plain(check.title)}: [dim]{plain(check.actual or '')}[/]")
        return
    is_new = check.mistake not in known
    print_beside("  [red]✗[/] ", f"[bold]{plain(check.title)}[/]")
    if check.comparison:
        _show_comparison(check.comparison, in_full=is_new)
    else:
        if check.expected:
            print_beside("      [dim]expected[/]  ", plain(check.expected))
        if check.actual:
            print_beside("      [dim]got[/]       " if check.expected else "      [dim]got[/]  ", plain(check.actual))
    if check.shares and is_new:
        _show_shares(check.shares)
    if check.mistake and is_new:
        print_beside("      ", f"[bold]That is what you get when {plain(check.mistake)}.[/]")
    if check.help and is_new and check.help not in known:
        print_beside("      ", f"[cyan]{plain(check.help)}[/]")
    if check.trace:
        for frame in check.trace:
            print_beside(f"      [dim]{plain(frame['file'])}, line {frame['line']}:[/]  ", plain(frame["code"]))
    elif check.todo:
        print_beside("      ", f"[dim]look at TODO {check.todo}{_at(check.line)}[/]")


def _show_comparison(found: Mapping[str, Any], in_full: bool) -> None:
    """How wrong a tensor is; in full, its shape before that, and the first places where it is wrong after."""
    if in_full:
        print_beside("      ", f"{plain(found['what'])}: shape {found['shape']}, as it should be")
    verb, most = "are" if found["off"] > 1 else "is", found["largest"]
    by = "" if most == "inf" else f" by {most}" if found["off"] == 1 else f", by {most} at most"
    allowed = "" if found["tolerance"] == "0" else f"[dim]({found['tolerance']} is allowed)[/]"
    print_beside("      ", f"{found['off']} of {found['of']} values {verb} off{by} {allowed}")
    if not in_full:
        return
    rows = [(str(row["place"]), row["expected"], row["got"]) for row in found["places"]]
    head = ("place", "expected", "got")
    place, expected, got = (max(map(len, column)) for column in zip(head, *rows))
    for style, row in [("dim", head), *(("none", row) for row in rows)]:
        console.out.print(
            f"      [{style}]{escape(row[0]):<{place}}  {row[1]:>{expected}}  {row[2]:>{got}}[/]", soft_wrap=True
        )


def _show_shares(shares: Mapping[str, Sequence[float]]) -> None:
    """For each kind of token a bar of the share that it should have, and one of the share that it has."""
    for kind, (expected, drawn) in shares.items():
        print_beside("      ", plain(kind))
        for label, share in (("expected", expected), ("drawn", drawn)):
            print_beside(f"        [dim]{label:8}[/]  {share:>4.0%} ", f"[cyan]{'█' * round(BAR * share)}[/]")


def _show_blame(step: int, blamed: Sequence[int], path: Path) -> None:
    names = " and ".join(f"{number:02}" for number in blamed)
    noun, verb = ("steps", "are") if len(blamed) > 1 else ("step", "is")
    console.out.print()
    print_beside(
        "",
        f"[bold]Step {step:02} is right; {noun} {names}, which it stands on, {verb} not.[/] "
        f"[bold]Next:[/] {_command(blamed[0], path)}",
    )


def _show_output(result: StepResult) -> None:
    if printed := [line for line in result.output.splitlines() if line.strip()]:
        console.out.print("\n  [dim]Printed while the checks ran:[/]")
        for line in printed[:10]:
            print_beside("  [dim]|[/] ", plain(line[:200]))
        if len(printed) > 10:
            console.out.print(f"  [dim]| and {len(printed) - 10} lines more[/]")


def _show_next(result: StepResult, source: str) -> None:
    path = Path(result.file)
    passed = sum(check.status == "passed" for check in result.checks)
    count = f"{passed} of {len(result.checks)} checks pass ({result.seconds:.1f} s)."
    console.out.print()
    if result.passed:
        following = _command(result.step + 1, path) if result.step < LAST else "./run generate --mine"
        print_beside("", f"[green][bold]Step {result.step:02} is done:[/][/] {count} [bold]Next:[/] {following}")
        return
    lines = todo_lines(source)
    wrong = [check.todo for check in result.checks if check.status in ("failed", "error")]
    if None in wrong:  # the file cannot be imported
        advice = "the first ✗ above"
    else:
        skipped = [check.todo for check in result.checks if check.status == "skipped"]
        first = min(filter(None, wrong + [todo.number for todo in result.unfinished] or skipped))
        advice = _todo(read_todos(result.step)[first - 1], lines)
    print_beside("", f"[red][bold]Not yet:[/][/] {count} [bold]Next:[/] {advice}; then {_command(result.step, path)}")


def _command(step: int, path: Path) -> str:
    """The command that checks a step where this one's file is."""
    option = "" if path.parent.resolve() == STEPS_FOLDER else f" --from {shlex.quote(str(path.parent))}"
    return f"./run s{step:02}{plain(option)}"


def _todo(todo: Todo, lines: dict[int, int]) -> str:
    return f"TODO {todo.number}{_at(lines.get(todo.number))}: {plain(todo.title)}"


def _at(line: int | None) -> str:
    return f" (line {line})" if line else ""
