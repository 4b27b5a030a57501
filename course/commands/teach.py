"""The command for instructors: grade."""

import os
from pathlib import Path
from typing import Annotated

import typer

from course.commands.app import NO, Timeout, app, load_kernels, step_number
from course.curriculum.steps import LAST
from course.judging.run import TIMEOUT, TOTAL_TIMEOUT
from course.refusal import Refusal
from course.terminal import console


@app.command("grade")
def grade_submissions(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Submissions, or folders of them.")],
    steps: Annotated[str, typer.Option(metavar="FIRST-LAST", help="Which steps, such as 3 or 1-14.")] = f"1-{LAST}",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the results and the pages are put.")] = Path("grades"),
    points: Annotated[
        Path | None,
        typer.Option("--points", "--score", metavar="FILE", help="Points, in TOML.", show_default="1 for each step"),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="How many submissions at once.")] = os.cpu_count() or 1,
    timeout: Timeout = TIMEOUT,
    total_timeout: Annotated[
        float, typer.Option(min=1, metavar="SECONDS", help="How long all checks of a submission may take together.")
    ] = TOTAL_TIMEOUT,
    memory: Annotated[
        int, typer.Option(min=64, metavar="MIB", help="For each submission, beyond what MAX takes.")
    ] = 2048,
    again: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Judge this submission anew. May be given several times.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Each PATH is one submission, whatever folders it has.")
    ] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox/--no-sandbox", help="Without it: only for code that you trust.")
    ] = True,
) -> None:
    """Grade submissions: folders, zip or tar files with step_NN.py in them, each in a sandbox."""
    from course.grading.grade import Settings, grade
    from course.grading.marks import Marks
    from course.grading.publish import publish
    from course.grading.submissions import find
    from course.grading.table import Table
    from course.grading.trial import sandbox as walls

    numbers = _steps_from(steps)
    if any(out.resolve() == path.resolve() for path in paths):
        raise Refusal(f"{out}: the grades would lie among the submissions; name another folder with --out")
    submissions = find(paths, out, whole)
    marks = Marks.read(points) if points else Marks()
    if sandbox:
        walls.refuse_without()
    else:
        console.err.print("Without a sandbox a submission can read, change and forge whatever you can.", style="yellow")
    load_kernels(None)
    settings = Settings(numbers, jobs, timeout, total_timeout, memory << 20 if sandbox else None)
    with Table([each.name for each in submissions], settings.steps) as table:
        grades = grade(submissions, out / "results", settings, table.add, again or ())
    page = publish(submissions, grades, settings.steps, marks, out)
    console.out.print(f"\n{console.printable(str(page))} shows them all.", markup=False)
    raise typer.Exit(NO if any(each.error for each in grades) else 0)


def _steps_from(text: str) -> tuple[int, ...]:
    first, _, last = text.partition("-")
    numbers = (step_number(first), step_number(last or first))
    if numbers[0] > numbers[1]:
        raise typer.BadParameter(f"{text!r} ends before it begins", param_hint="--steps")
    return tuple(range(numbers[0], numbers[1] + 1))
