"""The command ``progress``: where a learner stands in the course, from what checks found.

Nothing is run. A verdict is about one content of a step's file, so a later change to it shows.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Column, Table

from course.curriculum.bugs import bugs
from course.curriculum.steps import COURSE, FINISH, STEPS, solution_path, step_path, step_title
from course.curriculum.todos import skeleton
from course.judging.verdicts import StepResult
from course.learner import memory as state
from course.learner.memory import Bugs, Checked
from course.terminal import console

WIDEST = 80  # columns: wider, the eye loses the row


@dataclass(frozen=True)
class Standing:
    """How far a learner is with one step."""

    step: int
    is_there: bool
    is_begun: bool  # the file is not the skeleton
    checked: Checked | None = None
    is_changed: bool = False  # since it was checked

    @property
    def is_done(self) -> bool:
        return self.is_begun and self.checked is not None and self.checked.passed


def standings() -> list[Standing]:
    """Where the learner stands, step by step."""
    memory = state.read()
    return [_standing(step, memory[step].checked) for step in STEPS]


def first_unfinished() -> int | None:
    """The step that the learner is at: the first that is not done, or None when all are."""
    return next((standing.step for standing in standings() if not standing.is_done), None)


def is_finished() -> bool:
    """Whether the steps of the course are done: GPT-2 is built, whatever is done of the further steps."""
    return all(standing.is_done for standing in standings()[: len(COURSE)])


def has_passed(step: int) -> bool:
    """Whether the last check of a step passed; the file may have changed since."""
    return standings()[step - 1].is_done


def passes_now(step: int) -> bool:
    """Whether the last check of a step passed, and its file is the one that was checked."""
    standing = standings()[step - 1]
    return standing.is_done and not standing.is_changed


def is_begun(step: int, folder: Path) -> bool:
    """Whether a step's file is there, and is not the skeleton."""
    content = _content(step_path(step, folder=folder))
    return content is not None and content != _skeleton(step)


def fingerprints(steps: Iterable[int]) -> dict[int, str]:
    """What identifies the content of the steps' files, for ``record``. Take it before a check begins."""
    return {step: _sha256(content) for step in steps if (content := _content(step_path(step))) is not None}


def record(results: Iterable[StepResult], fingerprints: Mapping[int, str]) -> None:
    """Remember what checks of the learner's own steps found. Where that is impossible, say so and go on."""
    now = datetime.now().replace(microsecond=0)
    try:
        with state.change() as memory:
            for result in results:
                if result.step in fingerprints:  # else there was no file to read
                    memory[result.step].checked = _checked(result, now, fingerprints[result.step])
                    if result.passed:
                        memory[result.step].first_passed = memory[result.step].first_passed or now
    except OSError as error:
        console.err.print(f"The result could not be recorded for ./run progress: {error}", style="yellow", markup=False)


def show() -> None:
    """Print the steps, how far each one is, how many bugs were found in them, and what comes next."""
    memory = state.read()
    steps = standings()
    course, further = steps[: len(COURSE)], steps[len(COURSE) :]
    width = min(console.out.width, WIDEST)

    head = Table.grid(padding=(0, 2))
    bar = ProgressBar(len(course), _done(course), width=width // 2, complete_style="green", finished_style="green")
    head.add_row("[bold]GPT-2[/]", bar, f"{_done(course)} of {len(course)} steps")
    rows = Table.grid(*(Column(overflow="fold") for _ in range(4)), padding=(0, 2))
    for standing in course:
        rows.add_row(*_row(standing))
    if further:
        rows.add_row("", f"[dim]and more: {_done(further)} of {len(further)}[/]", "", "")
    for standing in further:
        rows.add_row(*_row(standing))
    for table in (head, "", rows):
        console.out.print(table, width=width, soft_wrap=False)
    if found := [f"{told} in step {step:02}" for step in STEPS if (told := _bugs_found(memory[step].bugs, step))]:
        console.out.print(f"\nBugs found: {', '.join(found)}")
    console.out.print(f"\n[bold]Next:[/] {_next(steps)}")


def _bugs_found(remembered: Bugs, step: int) -> str | None:
    """How many have been found of how many, where any was planted."""
    known = [mistake.id for mistake in bugs(step)] if remembered != Bugs() else []
    return f"{len({*known} & {*remembered.found})} of {len(known)}" if known else None


def _done(steps: list[Standing]) -> int:
    return sum(standing.is_done for standing in steps)


def _checked(result: StepResult, when: datetime, sha256: str) -> Checked:
    return Checked(when, sha256, result.right, len(result.checks), result.culprit)


def _standing(step: int, checked: Checked | None) -> Standing:
    content = _content(step_path(step))
    if content is None:
        return Standing(step, is_there=False, is_begun=False)
    return Standing(
        step, True, content != _skeleton(step), checked, checked is not None and checked.sha256 != _sha256(content)
    )


def _skeleton(step: int) -> bytes:
    return skeleton(solution_path(step).read_text(encoding="utf-8"), step)[0].encode()


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:  # there is no such file, or nobody may read it
        return None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _row(standing: Standing) -> tuple[str, str, str, str]:
    """Mark and number, title, how far, when."""
    checked = standing.checked
    when = ""
    if not standing.is_there:
        mark, far = "[red]✗[/]", "[red]missing[/]"
    elif not standing.is_begun:
        mark, far = "[dim]○[/]", "[dim]not begun[/]"
    elif not checked:
        mark, far = "[yellow]○[/]", "begun"
    else:
        mark, far = "[yellow]○[/]", f"{checked.right} of {checked.checks} checks"
        if checked.passed:
            mark, far = "[green]✓[/]", "[green]done[/]"
        is_today = checked.when.date() == datetime.now().date()
        when = f"[dim]{checked.when.strftime('%H:%M' if is_today else '%Y-%m-%d')}[/]"
        if standing.is_changed:
            when += ", changed since"
    return f"{mark} {standing.step:02}", escape(step_title(standing.step)), far, when


def _next(steps: list[Standing]) -> str:
    """What the learner does now: the first step that is not done, or else one that was changed since."""
    further = None
    for standing in steps:
        if not standing.is_done:
            if standing.step <= FINISH:
                return _advice(standing)
            further = further or standing
    for standing in steps:
        if standing.is_done and standing.is_changed:
            return f"./run s{standing.step:02}, whose file has changed since it passed"
    return "./run generate --mine" + (f"; and to go on, {_advice(further)}" if further else "")


def _advice(standing: Standing) -> str:
    """What brings a learner on with a step that is not done."""
    if not standing.is_there:
        return f"./run reset {standing.step} brings steps/step_{standing.step:02}.py back"
    if not standing.is_begun:
        return f"open steps/step_{standing.step:02}.py; then ./run s{standing.step:02}"
    return f"./run s{standing.step:02}; for a hint, ./run hint {standing.step}"
