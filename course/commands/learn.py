"""Commands for learners: check, hint, diff, watch, debug, progress, reset."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from course.commands.app import NO, NUMBERS, DeviceName, From, Timeout, app, option, step_number
from course.curriculum import bugs
from course.curriculum.catalogue import CatalogueError
from course.curriculum.steps import COURSE, FURTHER, STEPS, STEPS_FOLDER, STORYTELLER
from course.judging.blame import culprits
from course.judging.isolation import isolate
from course.judging.parallel import judge_in_parallel
from course.judging.process import ON_OWN_STEPS, ON_SOLUTIONS
from course.judging.run import TIMEOUT, judge
from course.judging.verdicts import StepResult
from course.learner import diff, finish, hints, hunt, progress, reset
from course.refusal import Refusal, refusing
from course.terminal import console, verdicts
from course.terminal.waiting import Waiting

FIRST_STORY = 14  # the seed of it

StepOrNext = Annotated[
    str | None, typer.Argument(metavar="N", help=f"{NUMBERS}.", show_default="the first step that is not done")
]


@app.command("check")
def check_steps(
    step: Annotated[str, typer.Argument(metavar="N|all", help=f"{NUMBERS}, or all that there is to check.")],
    folder: From = STEPS_FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    mine: Annotated[
        bool, typer.Option("--mine", help="Build on your own earlier steps, not on the solutions.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Let breakpoint() and input() have the terminal, without a time limit.")
    ] = False,
    device: DeviceName = None,
    timeout: Timeout = TIMEOUT,
) -> None:
    """Check step N: what is right, what is not, and what to do next. s01, s02 and so on are short for it."""
    # Who has built GPT-2 is done: a further step counts from when it is begun.
    begun = (number for number in FURTHER if progress.is_begun(number, folder))
    steps = [*COURSE, *begun] if step == "all" else [step_number(step)]
    if debug and step == "all":
        raise typer.BadParameter("a debugger takes one step at a time", param_hint="--debug")
    _require_folder(folder)
    before = progress.fingerprints(steps)

    def checked(steps: list[int], own: bool) -> list[StepResult]:
        program = ON_OWN_STEPS if own else ON_SOLUTIONS
        return judge_in_parallel(
            steps, folder, program=program, device=device, timeout=timeout, on_kernels=waiting.kernels
        )

    with Waiting() as waiting:
        results = [_debugged(steps[0], folder, mine, device, waiting)] if debug else checked(steps, own=mine)
        failing = [result.step for result in results if mine and not result.passed]
        blamed = {step: culprits(step, folder, partial(checked, own=False)) for step in failing}
        for result in results:
            if not debug and blamed.get(result.step) is None:
                isolate(result)
    if _is_own(folder):
        # On the learner's own earlier steps a failure may be the fault of one of those.
        progress.record([result for result in results if result.passed or not mine], before)
    if as_json:
        objects = [result.to_json() for result in results]
        print(json.dumps(objects if step == "all" else objects[0]))
    else:
        for result in results:
            verdicts.show(result, blamed.get(result.step) or [])
        if _is_own(folder) and results[-1].passed:
            _finish_if_due(device)
    raise typer.Exit(0 if all(result.passed for result in results) else NO)


def _finish_if_due(device: str | None) -> None:
    """When the course is done for the first time: what was built, and the first story of the learner's own model."""
    if not finish.is_due():
        return
    finish.show()
    console.out.print(f"\nThe first story of your own model (./run generate --mine --seed {FIRST_STORY}):\n")
    from course.writing.generate import generate
    from gpt2.sampling import Sampling

    try:
        generate(
            "Once upon a time",
            Sampling(0.8, seed=FIRST_STORY),
            checkpoint=str(STORYTELLER),
            steps=STEPS_FOLDER,
            device=device,
        )
    except Refusal as error:  # the steps are done all the same
        console.err.print(f"The story could not be told: {error}", style="yellow", markup=False)
    finish.show_next()


def _debugged(step: int, folder: Path, own: bool, device: str | None, waiting: Waiting) -> StepResult:
    """The verdicts on a step that is checked in this process."""
    from course.runtime.start import start

    start(device, progress=waiting.kernels)
    # Not before: it imports MAX.
    from course.judging.debugging import debug

    waiting.say("")  # nothing that would disturb a debugger
    (result,) = judge([step], folder, spare=debug(step, folder, own))
    return result


@app.command("hint")
def open_hint(
    step: StepOrNext = None,
    todo: Annotated[
        int | None, typer.Option(min=1, metavar="NUMBER", help="The TODO to help with. Default: the one that fails.")
    ] = None,
) -> None:
    """Open one more hint for the TODO where you are stuck: the idea, the tool, nearly the code."""
    try:
        hints.show(_step_or_next(step), todo)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--todo") from error


@app.command("diff")
def show_diff(
    step: StepOrNext = None,
    folder: From = STEPS_FOLDER,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, though the step does not pass yet.")] = False,
) -> None:
    """Show your step beside the solution, TODO by TODO; white space and comments aside."""
    _require_folder(folder)
    number = _step_or_next(step)
    if _is_own(folder) and not (yes or progress.has_passed(number) or _wants_solution(number)):
        raise typer.Exit(NO)
    diff.show(number, folder)


@app.command("watch")
def watch_steps(device: DeviceName = None) -> None:
    """Check the step that you are working on at every save, within about a second."""
    from course.learner.watch import watch

    watch(device)
    _finish_if_due(device)


@app.command("debug")
def find_bug(
    step: Annotated[
        str | None, typer.Argument(metavar="N", help=f"{NUMBERS}.", show_default="the one that you worked on last")
    ] = None,
    two: Annotated[bool, typer.Option("--two", help="Plant two bugs at once.")] = False,
    give_up: Annotated[bool, typer.Option("--give-up", help="Say what is wrong.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, though the step does not pass yet.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--export", metavar="DIR", help="Only write files with bugs, of step N or of all, for a class."),
    ] = None,
    seed: Annotated[int, typer.Option(help="With --export: which bugs. The same seed gives the same ones.")] = 0,
    device: DeviceName = None,
) -> None:
    """Find the bug: mend a solution with a mistake in it. At the end you are told what it was."""
    number = hunt.current() if step is None else step_number(step)
    with refusing(CatalogueError):
        if folder:
            _export(folder, [step_number(step)] if step else [*STEPS], two, seed)
        elif number is None:
            hunt.show_none()
        elif give_up:
            hunt.give_up(number)
        elif hunt.is_open(number) or yes or progress.has_passed(number) or _wants_solution(number):
            raise typer.Exit(0 if hunt.hunt(number, two, device) else NO)
        else:
            raise typer.Exit(NO)


def _export(folder: Path, steps: list[int], two: bool, seed: int) -> None:
    with option("--export", folder):
        drawn = bugs.export(folder, steps, two, seed)
    console.out.print(f"Files with bugs are in {folder}. What is wrong in them, for you alone:\n", markup=False)
    for step, mistakes in drawn.items():
        console.print_beside(f"  {step:02}  ", console.plain("; and ".join(mistake.title for mistake in mistakes)))
    console.out.print("\n[bold]Next:[/] hand them out; ./run grade grades what comes back")


@app.command("progress")
def show_progress() -> None:
    """Show how far you are in each step, and what comes next."""
    progress.show()


@app.command("reset")
def reset_step(step: Annotated[str, typer.Argument(metavar="N", help=f"{NUMBERS}.")]) -> None:
    """Bring the skeleton of step N back. Your file is kept as a dated copy."""
    reset.reset(step_number(step))


def _step_or_next(text: str | None) -> int:
    if text is not None:
        return step_number(text)
    if step := progress.first_unfinished():
        return step
    raise typer.BadParameter("all steps are done: name one of them", param_hint="N")


def _require_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise Refusal(f"--from {folder}: there is no such folder")


def _is_own(folder: Path) -> bool:
    """Whether the steps are the learner's own, and not submissions that an instructor looks at."""
    return folder.resolve() == STEPS_FOLDER.resolve()


def _wants_solution(step: int) -> bool:
    warning = f"The solution of step {step:02} will be shown, and you have not passed it."
    if not sys.stdin.isatty():
        raise Refusal(f"{warning} With --yes it is.")
    return typer.confirm(f"{warning} Show it?", err=True)
