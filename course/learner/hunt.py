"""The command ``debug``: a bug is planted in debug/step_NN.py, its learner mends it, and is told what it was.

The checks decide, not the text, so a bug may be mended in another way than the solution's. What is planted
and what was found is remembered as hints are. The learner's own steps stay as they are.
"""

import os
from collections.abc import Sequence
from difflib import SequenceMatcher

from course.curriculum.bugs import Bugs, bugs, couples, plain, planted
from course.curriculum.catalogue import CatalogueError, Mistake, read_mistakes
from course.curriculum.steps import DEBUG_FOLDER, STEPS, read_source, step_path, step_title
from course.judging.run import judge
from course.judging.verdicts import StepResult, unexplained
from course.learner import memory as state
from course.learner import progress
from course.refusal import Refusal
from course.terminal import console, verdicts
from course.terminal.waiting import Waiting


def current() -> int | None:
    """The step whose bug was worked on last, of those in which one is planted."""
    open_ = [step for step, memory in state.read().items() if memory.bugs.planted]
    return max(open_, key=_last_saved, default=None)


def is_open(step: int) -> bool:
    """Whether a bug is planted in a step, and neither found nor given up."""
    return bool(state.read()[step].bugs.planted)


def hunt(step: int, two: bool, device: str | None) -> bool:
    """Plant a bug, or two, if there is none, and print what the checks say. Returns whether it is mended.

    Raises:
        Refusal: none is left, or there are not two, or one is planted already where two are asked for.
        OSError: the file cannot be written. Then nothing is remembered, either.
    """
    with state.change() as memory:
        remembered = memory[step].bugs
        if remembered.planted and not step_path(step, DEBUG_FOLDER).exists():
            _restore(step, remembered)
        if not remembered.planted:
            chosen = _choose(step, remembered, two)
            remembered.planted = [mistake.id for mistake in chosen]
            _write(step, chosen)
            _announce(step, chosen)
        elif two and len(remembered.planted) == 1:
            raise Refusal(f"{_name(step)} has a bug already: find it first, or ./run debug {step} --give-up")
    with Waiting() as waiting:
        (result,) = judge([step], DEBUG_FOLDER, device=device, on_kernels=waiting.kernels)
    if not result.passed:
        verdicts.show(unexplained(result))
        console.out.print(f"[dim]To begin again, delete {_name(step)}. --give-up says what is wrong.[/]")
        return False
    with state.change() as memory:
        remembered = memory[step].bugs
        over, remembered.planted = remembered.planted, []
        remembered.found += over
    _show_found(result, len(over))
    _explain(step, over)
    _show_next(step)
    return True


def give_up(step: int) -> None:
    """Say what is wrong in the bug that is planted in a step, which may be planted again after all others.

    Raises:
        Refusal: there is none.
    """
    with state.change() as memory:
        remembered = memory[step].bugs
        if not remembered.planted:
            raise Refusal(f"no bug is planted in step {step:02}: ./run debug {step} plants one")
        over, remembered.planted = remembered.planted, []
        remembered.given_up += [id for id in over if id not in remembered.given_up]
    _show_heading(step)
    _explain(step, over)
    _show_next(step)


def show_none() -> None:
    """Print that no bug is planted, and where one may be."""
    console.out.print(f"No bug is planted. [bold]Next:[/] {_elsewhere()}")


def _choose(step: int, remembered: state.Bugs, two: bool) -> Bugs:
    if not bugs(step):
        raise Refusal(f"there are no bugs to find in step {step:02}")
    left = _left(step, remembered)
    if not left:
        raise Refusal(f"all {len(bugs(step))} bugs of step {step:02} are found; next: {_elsewhere()}")
    if not two:
        return (left[0],)
    for couple in couples(left):
        return couple
    raise Refusal(f"no two of the bugs that are left in step {step:02} can be seen side by side: try without --two")


def _left(step: int, remembered: state.Bugs) -> list[Mistake]:
    """The bugs that are not found, from easy to hard, and at last those that were given up."""
    left = [mistake for mistake in bugs(step) if mistake.id not in remembered.found]
    return sorted(left, key=lambda mistake: mistake.id in remembered.given_up)


def _write(step: int, mistakes: Bugs) -> None:
    """Write the file. Another one that stood there is kept."""
    path = step_path(step, DEBUG_FOLDER)
    text = planted(step, mistakes, f"`./run debug {step}` (or `pixi run debug {step}`)")
    if path.exists() and read_source(path) != text:
        console.out.print(f"Your file is kept: {os.path.relpath(state.keep(path, 'debug'))}", markup=False)
    path.parent.mkdir(exist_ok=True)
    state.write(path, text)


def _restore(step: int, remembered: state.Bugs) -> None:
    """Write the file anew, which is gone; or where the catalogue no longer has what was in it, forget that."""
    known = _known(step, remembered.planted)
    try:
        if len(known) < len(remembered.planted):
            raise CatalogueError(f"step {step:02} has lost a mistake")
        _write(step, known)
        console.out.print(f"{_name(step)} was gone. It is back as it was at first, bug and all.\n", markup=False)
    except CatalogueError:
        remembered.planted = []


def _known(step: int, ids: Sequence[str]) -> Bugs:
    return tuple(mistake for mistake in read_mistakes(step) if mistake.id in ids)


def _announce(step: int, chosen: Bugs) -> None:
    numbers = " and ".join(str(bugs(step).index(mistake) + 1) for mistake in chosen)
    what = f"two mistakes in it: bugs {numbers}" if len(chosen) > 1 else f"a mistake in it: bug {numbers}"
    told = f"[bold]{_name(step)}[/] is the solution with {what} of {len(bugs(step))}. Mend it there."
    console.print_beside("", f"{told} Your own step stays as it is.\n")


def _show_heading(step: int) -> None:
    console.print_beside("", f"[bold]Step {step:02}: {console.plain(step_title(step))}[/]  [dim]{_name(step)}[/]\n")


def _show_found(result: StepResult, count: int) -> None:
    _show_heading(result.step)
    what = "Both are found" if count > 1 else "Found"
    console.print_beside("", f"[green][bold]{what}:[/][/] {result.right} of {len(result.checks)} checks pass.\n")


def _explain(step: int, ids: Sequence[str]) -> None:
    """Print what was wrong: title, lesson, and the lines as they were and as they are in the solution."""
    known = _known(step, ids)
    for mistake in known:
        console.print_beside("", f"[bold]What was wrong: {console.plain(mistake.title)}.[/]")
        console.print_beside("", f"[cyan]{console.plain(mistake.lesson)}[/]\n")
    if len(known) < len(ids):
        console.out.print("The catalogue has changed: what was planted is no longer in it.\n")
    try:
        wrong, right = plain(step, known).splitlines(), plain(step).splitlines()
    except CatalogueError:  # the solution has changed, too
        return
    for tag, first, last, start, end in SequenceMatcher(None, wrong, right, autojunk=False).get_opcodes():
        if tag != "equal":
            console.out.print(f"[dim]line {first + 1}[/]")
            rows = [("-", "red", row) for row in wrong[first:last] if row]
            rows += [("+", "green", row) for row in right[start:end] if row]
            margin = min((len(row) - len(row.lstrip()) for *_, row in rows), default=0)
            for sign, style, row in rows:
                console.print_beside(f"  [{style}]{sign}[/] ", f"[{style}]{console.plain(row[margin:])}[/]")
            console.out.print()


def _show_next(step: int) -> None:
    left = len(_left(step, state.read()[step].bugs))
    advice = f"./run debug {step} plants another one: {left} of {len(bugs(step))} are left" if left else _elsewhere()
    console.out.print(f"[bold]Next:[/] {advice}")


def _elsewhere() -> str:
    """The command that plants a bug in a step that is done: the one with the fewest bugs found."""
    memory = state.read()
    done = [standing.step for standing in progress.standings() if standing.is_done]
    for step in sorted(done, key=lambda step: len(memory[step].bugs.found)):
        if _left(step, memory[step].bugs):
            return f"./run debug {step}"
    return "./run progress; a step that is done has bugs to find" if len(done) < len(STEPS) else "./run generate --mine"


def _last_saved(step: int) -> float:
    path = step_path(step, DEBUG_FOLDER)
    return path.stat().st_mtime if path.exists() else 0.0


def _name(step: int) -> str:
    return console.short(step_path(step, DEBUG_FOLDER))
