"""The command make: what programs have written into the repository, made anew."""

import subprocess
import sys
from typing import Annotated

import typer

from course.commands.app import NO, app
from course.curriculum.steps import ROOT
from course.refusal import Refusal
from course.terminal import console


@app.command("make")
def make_files(
    what: Annotated[
        list[str] | None, typer.Argument(metavar="[WHAT]...", help="Rows of the table.", show_default="all stale ones")
    ] = None,
    accept: Annotated[
        bool,
        typer.Option("--accept", help="Make nothing, but remember that these are right though sources have changed."),
    ] = False,
) -> None:
    """Make generated files anew: what is stale, or what is named. course/proof/table.py lists them."""
    from course.proof.table import TABLE, record, why_stale

    rows = {row.name: row for row in TABLE}
    if unknown := [name for name in what or () if name not in rows]:
        raise Refusal(f"{unknown[0]!r} is not something that is made: expected {', '.join(rows)}")
    if accept and not what:
        raise Refusal("--accept needs names: nothing is accepted unseen")
    left = 0
    for row in [rows[name] for name in what] if what else TABLE:
        why = why_stale(row)
        if accept:
            record(row)
            console.out.print(f"{row.name}: accepted as it is ({why or 'it was not stale'})", markup=False)
        elif why is None and not what:
            continue
        elif cannot := row.cannot():
            left += 1
            console.out.print(f"{row.name} is stale, and not made here: it {cannot}. {why}", markup=False)
        else:
            console.out.print(f"{row.name}: {row.what}. {why or ''}", markup=False)
            if subprocess.run([sys.executable, "-m", row.command], cwd=ROOT).returncode:
                raise Refusal(f"{row.name} could not be made: python -m {row.command} failed")
            record(row)
    if not left:
        console.out.print("Everything that was asked for is made.")
    raise typer.Exit(NO if left else 0)
