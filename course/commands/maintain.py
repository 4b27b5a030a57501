"""Commands for those who change the course: warm, test, verify."""

import subprocess
import sys
from collections.abc import Iterable
from itertools import chain
from typing import Annotated

import typer

from course.commands.app import NO, DeviceName, app, load_kernels
from course.curriculum.steps import ROOT
from course.terminal import console
from course.terminal.waiting import Waiting


@app.command()
def warm(device: DeviceName = None) -> None:
    """Compile MAX's kernels, once on this machine, so that nothing else has to wait for it."""
    load_kernels(device)
    console.out.print("MAX's kernels are ready.")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Run the test suite of the course; further arguments go to pytest."""
    from course.proof.programs import install_missing

    install_missing(console.out.print)
    load_kernels(None)
    raise typer.Exit(subprocess.run([sys.executable, "-m", "pytest", *context.args], cwd=ROOT).returncode and NO)


@app.command("verify")
def verify_course(
    pages: Annotated[
        list[str] | None, typer.Argument(metavar="[PAGE]...", help="Pages of the book, such as step_05: only those.")
    ] = None,
    score: Annotated[
        bool, typer.Option("--score", help="Print what the checks make of known mistakes and right answers, too.")
    ] = False,
    gpu: Annotated[
        bool, typer.Option("--gpu", help="Only compile everything for GPUs that need not be there: hours, once.")
    ] = False,
) -> None:
    """Prove that solutions, skeletons, checks, hints, files and book agree: for those who change the course."""
    from book.proof import prove
    from course.commands.words import words
    from course.proof.gpu import compiles_for_gpus
    from course.proof.mutants import read_mutants
    from course.proof.point import Point, show
    from course.proof.score import Outcome, table
    from course.proof.verify import verify

    faults = 0
    outcomes: list[Outcome] = []

    def tried(outcome: Outcome, done: int, total: int) -> None:
        outcomes.append(outcome)
        waiting.count(f"Trying the checks on known answers to step {outcome.step:02}", done, total)

    with Waiting() as waiting:
        if gpu:
            points: Iterable[Point] = compiles_for_gpus(ROOT, waiting.say)
        else:
            course = () if pages else verify(waiting.kernels, tried)
            points = chain(course, prove(words(), pages or (), waiting.say))
        for point in points:
            show(point)
            faults += len(point.faults)
    if score:
        console.out.print(f"\n{table(outcomes, read_mutants())}", soft_wrap=True)
    raise typer.Exit(NO if faults else 0)
