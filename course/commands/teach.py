"""The command for instructors: grade."""

import os
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from course.commands.app import NO, Timeout, app, load_kernels, option, step_number
from course.curriculum.steps import FINISH
from course.judging.run import TIMEOUT, TOTAL_TIMEOUT
from course.refusal import Refusal
from course.terminal import console


@app.command("grade")
def grade_submissions(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Submissions, or folders of them.")],
    steps: Annotated[
        str, typer.Option(metavar="STEPS", help="Which steps, such as 3, 1-15 or 3,8,12-14.")
    ] = f"1-{FINISH}",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the results and the pages are put.")] = Path("grades"),
    points: Annotated[
        Path | None,
        typer.Option(
            "--points", "--score", metavar="FILE", help="Points and deadline, in TOML.", show_default="1 for each step"
        ),
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Who is in the class: a CSV file from Canvas, Moodle or your own hand."),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Submissions of an earlier year, for copies. May be given several times."),
    ] = None,
    with_solution: Annotated[
        bool, typer.Option("--with-solution", help="Show the solution in the feedback for each person, too.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=1, help="How many submissions at once, here.")] = os.cpu_count() or 1,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Let a Dask cluster judge: tcp://HOST:8786, or local for processes here."),
    ] = None,
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
    from course.grading import alike, overrides
    from course.grading.cluster import AT_ONCE, judging_at, refuse_unusable
    from course.grading.grade import Settings, grade
    from course.grading.gradebook import gradebook, to_judge
    from course.grading.joining import alone, join
    from course.grading.marks import Marks
    from course.grading.publish import publish
    from course.grading.roster import Roster
    from course.grading.scratch import scratch
    from course.grading.submissions import find
    from course.grading.table import Table, show_class
    from course.grading.trial import sandbox as walls

    numbers = _steps_from(steps)
    if any(out.resolve() == path.resolve() for path in paths):
        raise Refusal(f"--out {out}: the grades would be among the submissions; name another folder")
    with option("--points", points):
        marks = Marks.read(points) if points else Marks()
    with option("--roster", roster):
        people = Roster.read(roster) if roster else None
    if scheduler and not sandbox:
        raise Refusal(f"--no-sandbox: a worker of --scheduler {scheduler} judges in the sandbox or not at all")
    if scheduler:
        with option("--scheduler", scheduler):
            refuse_unusable(scheduler)
    if not sandbox:
        console.err.print("Without a sandbox a submission can read, change and forge whatever you can.", style="yellow")
    with scratch() as unpacked, ExitStack() as stack:
        attempts = join(paths, people, unpacked, out, whole) if people else list(map(alone, find(paths, out, whole)))
        if sandbox and not scheduler:  # whose workers look for themselves
            walls.refuse_without()
        judged = to_judge(attempts, marks)
        by_hand = overrides.read(out)
        known = {person.id for person in people.people} if people else set()
        overrides.refuse_strangers(by_hand, known | {each.name for each in attempts}, out)
        with option("--against", ", ".join(map(str, against or ()))):
            former, unread = alike.earlier(against or (), unpacked, out)
        for each in unread:
            console.err.print(console.printable(f"Not compared: {each}"), style="yellow", markup=False, highlight=False)
        at_once = AT_ONCE if scheduler else jobs
        settings = Settings(numbers, at_once, timeout, total_timeout, memory << 20 if sandbox else None)
        elsewhere = None
        if scheduler:
            say = partial(console.err.print, style="yellow", markup=False, highlight=False)
            with option("--scheduler", scheduler):
                elsewhere = stack.enter_context(judging_at(scheduler, jobs, settings, say))
        else:
            load_kernels(None)
        with Table({each.name: each.title for each in judged}, settings.steps) as table:
            grades = grade(judged, out / "results", settings, table.add, again or (), elsewhere)
    rows = gradebook(attempts, judged, grades, settings.steps, marks, people, by_hand)
    page, changed = publish(rows, settings.steps, marks, out, with_solution, former)
    show_class(rows, changed)
    console.out.print(f"\n{console.printable(str(page))} shows them all.", markup=False)
    raise typer.Exit(NO if any(row.grade.error for row in rows if row.number) else 0)


def _steps_from(text: str) -> tuple[int, ...]:
    numbers: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        ends = [step_number(number, "--steps") for number in (first, last or first)]
        if ends[0] > ends[1]:
            raise typer.BadParameter(f"{part.strip()!r} ends before it begins", param_hint="--steps")
        numbers.update(range(ends[0], ends[1] + 1))
    return tuple(sorted(numbers))
