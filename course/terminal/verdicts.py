"""What a person reads of a step's verdicts: which checks pass, what is wrong and where, and what to do next."""

import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rich.markup import escape

from course.curriculum.bugs import is_planted
from course.curriculum.stand_in import NoPlace, raising
from course.curriculum.steps import DEBUG_FOLDER, FINISH, LAST, STEPS_FOLDER, read_source, step_title
from course.curriculum.todos import Todo, read_todos, todo_lines
from course.judging.verdicts import StepResult, Verdict, unexplained
from course.terminal import console
from course.terminal.console import plain, print_beside, short

MARKS = {"passed": "[green]✓[/]", "skipped": "[yellow]○[/]", "failed": "[red]✗[/]", "error": "[red]✗[/]"}
BAR = 30  # columns, of a share of 1
LINES, FEW_LINES = 20, 4  # shown of what is printed in the first check that fails, and in any other
MANY = 10  # checks: a longer list of them does not fit on a screen with what is wrong
FURTHER = 3  # causes that are told after the first, of so many checks


def show(result: StepResult, blamed: Sequence[int] = ()) -> None:
    """Print one step's verdicts and what to do next.

    Args:
        blamed: the earlier steps of the learner whose fault it is that this one fails.
    """
    path = Path(result.file)
    source = read_source(path)
    if is_planted(source):
        result = unexplained(result)
    print_beside("", f"[bold]Step {result.step:02}: {plain(step_title(result.step))}[/]  [dim]{plain(short(path))}[/]")
    console.out.print()
    importable = all(check.todos for check in result.checks)
    if importable and len(result.unfinished) == len(read_todos(result.step)):
        _show_todos(result.unfinished, source)
        _show_raising(result.step, source)
    else:
        _show_output(result.output, LINES)
        if blamed:  # what this step's own mistakes and TODOs are called has nothing to do with it
            _show_checks(unexplained(result).checks)
            _show_blame(result.step, blamed, path)
        else:
            _show_checks(result.checks)
            _show_next(result, source)
            if result.unfinished:
                _show_raising(result.step, source)


def _show_todos(todos: list[Todo], source: str) -> None:
    lines = todo_lines(source)
    for todo in todos:
        print_beside("  [yellow]○[/] ", _todo(todo, lines))
    count = len(todos)
    console.out.print()
    print_beside(
        "", f"{count} TODO{'s are' if count > 1 else ' is'} still to do. [bold]Next:[/] {_todo(todos[0], lines)}"
    )


def _show_raising(step: int, source: str) -> None:
    """Say which code is not reached for want of deleting a line."""
    with suppress(NoPlace):
        for number in raising(step, source):
            print_beside(
                "", f"[bold]TODO {number} has code, and still its raise NotImplementedError, too:[/] delete that line."
            )


def _show_checks(checks: Sequence[Verdict]) -> None:
    """Print verdicts: the first that fails in full, each further one as a line, and one cause once.

    Where something fails and the list would be long, the rest is counted, so that the failure stays in sight.
    """
    groups = _by_cause(checks)
    wrong = [group for group in groups if group[0].status in ("failed", "error")]
    counted = 0
    if len(checks) > MANY and any(check.status != "passed" for check in checks):
        quiet = [group for group in groups if group[0].status == "passed" and not group[0].output]
        if quiet:
            print_beside("  [green]✓[/] ", f"{len(quiet)} check{'s pass' if len(quiet) > 1 else ' passes'}")
        left_out = quiet + wrong[FURTHER + 1 :]
        counted = sum(map(len, wrong[FURTHER + 1 :]))
        groups = [group for group in groups if group not in left_out]
    for group in groups:
        show = _show_in_full if wrong and group is wrong[0] else _show_as_line
        show(group[0], len(group) - 1)
    if counted:
        print_beside("  [red]✗[/] ", f"{counted} more check{'s fail' if counted > 1 else ' fails'}")


def _by_cause(checks: Sequence[Verdict]) -> list[list[Verdict]]:
    """In their order: those that pass, each alone; those that do not, together with all of the same cause."""
    groups: list[list[Verdict]] = []
    for check in checks:
        same = (group for group in groups if check.status != "passed" and _has_same_cause(check, group[0]))
        if group := next(same, None):
            group.append(check)
        else:
            groups.append([check])
    return groups


def _has_same_cause(check: Verdict, other: Verdict) -> bool:
    if other.status == "passed" or (check.status == "skipped") != (other.status == "skipped"):
        return False
    if check.mistake or other.mistake:
        return check.mistake == other.mistake
    if check.trace and other.trace and check.trace[-1] == other.trace[-1]:
        return True
    if check.comparison or check.shares or check.help != other.help:
        return False
    return check.actual == other.actual or bool(check.help and check.expected == other.expected)


def _show_in_full(check: Verdict, more: int) -> None:
    """Print a verdict, and how many more checks are not passed for the same cause."""
    print_beside("  [red]✗[/] ", f"[bold]{plain(check.title)}[/]")
    if check.comparison:
        _show_comparison(check.comparison)
    else:
        if check.expected:
            print_beside("      [dim]expected[/]  ", plain(check.expected))
        if check.actual:
            print_beside("      [dim]got[/]       " if check.expected else "      [dim]got[/]  ", plain(check.actual))
    if check.shares:
        _show_shares(check.shares)
    if check.mistake:
        print_beside("      ", f"[bold]That is what you get when {plain(check.mistake)}.[/]")
    if check.help:
        print_beside("      ", f"[cyan]{plain(check.help)}[/]")
    if check.trace:
        for frame in check.trace:
            print_beside(f"      [dim]{plain(frame['file'])}, line {frame['line']}:[/]  ", plain(frame["code"]))
    elif check.todo:
        print_beside("      ", f"[dim]look at TODO {check.todo}{_at(check.line)}[/]")
    _show_output(check.output, LINES)
    if more:
        print_beside("      ", f"[dim]{more} more check{'s fail' if more > 1 else ' fails'} for the same reason.[/]")


def _show_as_line(check: Verdict, more: int) -> None:
    """Print what came of a check in few words: the first mistake is to be mended first."""
    told = f"when {check.mistake}" if check.mistake else _off(check.comparison) if check.comparison else check.actual
    result = "" if check.status == "passed" else f": [dim]{plain(told or 'not so')}[/]"
    count = f" [dim](and {more} more for the same reason)[/]" if more else ""
    print_beside(f"  {MARKS[check.status]} ", f"{plain(check.title)}{result}{count}")
    _show_output(check.output, FEW_LINES)


def _off(found: Mapping[str, Any]) -> str:
    """How wrong a tensor is."""
    off, of, most = found["off"], found["of"], found["largest"]
    by = "" if most == "inf" else f" by {most}" if off == 1 else f" by up to {most}"
    if off == of:
        return f"the value is off{by}" if of == 1 else f"all {of} values are off{by}"
    return f"{off} of {of} values {'is' if off == 1 else 'are'} off{by}"


def _show_comparison(found: Mapping[str, Any]) -> None:
    """The shape of a tensor, how wrong it is, and the first places where it is wrong."""
    print_beside("      ", f"{plain(found['what'])}: shape {found['shape']}, as it should be")
    allowed = "" if found["tolerance"] == "0" else f"[dim]({found['tolerance']} is allowed)[/]"
    print_beside("      ", f"{_off(found)} {allowed}")
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
        f"[bold]Step {step:02} is right; {noun} {names}, which it builds on, {verb} not.[/] "
        f"[bold]Next:[/] {_command(blamed[0], path)}",
    )


def _show_output(text: str, limit: int) -> None:
    """Print what a step has printed: so many lines of it, and how many more there are."""
    printed = [line for line in text.splitlines() if line.strip()]
    for line in printed[:limit]:
        print_beside("      [dim]|[/] ", plain(line[:200]))
    if more := len(printed[limit:]):
        print_beside("      [dim]|[/] ", f"[dim]and {more} more line{'s' if more > 1 else ''}[/]")


def _show_next(result: StepResult, source: str) -> None:
    path = Path(result.file)
    passed = sum(check.status == "passed" for check in result.checks)
    count = f"{passed} of {len(result.checks)} checks pass ({result.seconds:.1f} s)."
    console.out.print()
    if result.passed:
        following = _command(result.step + 1, path) if result.step not in (FINISH, LAST) else "./run generate --mine"
        if path.parent.resolve() == DEBUG_FOLDER:  # that tells what the bug was
            following = _command(result.step, path)
        print_beside("", f"[green][bold]Step {result.step:02} is done:[/][/] {count} [bold]Next:[/] {following}")
        return
    lines = todo_lines(source)
    first = result.culprit
    advice = _todo(read_todos(result.step)[first - 1], lines) if first else "the first ✗ above"
    if result.right_todos:
        names = [str(number) for number in result.right_todos]
        told = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        verb = f"TODOs {told} are" if len(names) > 1 else f"TODO {told} is"
        print_beside("", f"[green]{verb} right:[/] with the rest done as in the solution, all checks pass.")
    print_beside("", f"[red][bold]Not yet:[/][/] {count} [bold]Next:[/] {advice}; then {_command(result.step, path)}")


def _command(step: int, path: Path) -> str:
    """The command that checks a step where this one's file is."""
    if path.parent.resolve() == DEBUG_FOLDER:
        return f"./run debug {step}"
    option = "" if path.parent.resolve() == STEPS_FOLDER else f" --from {shlex.quote(str(path.parent))}"
    return f"./run s{step:02}{plain(option)}"


def _todo(todo: Todo, lines: dict[int, int]) -> str:
    return f"TODO {todo.number}{_at(lines.get(todo.number))}: {plain(todo.title)}"


def _at(line: int | None) -> str:
    return f" (line {line})" if line else ""
