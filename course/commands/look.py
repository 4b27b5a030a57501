"""The command for looking inside: python."""

from pathlib import Path
from typing import Annotated

import typer

from course.commands.app import DeviceName, app


@app.command("python", context_settings={"allow_interspersed_args": False})
def run_python(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="What to run.", show_default="what you type")
    ] = None,
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARGUMENTS", help="For the program.", show_default=False)
    ] = None,
    code: Annotated[str | None, typer.Option("-c", metavar="CODE", help="Run this code.")] = None,
    module: Annotated[str | None, typer.Option("-m", metavar="MODULE", help="Run this module.")] = None,
    device: DeviceName = None,
) -> None:
    """Start a Python in which MAX is quick, your steps and the solutions import, and tensors show their values."""
    from course.learner.interpreter import interpret, interpret_module

    own = ([str(file)] if file and (code is not None or module) else []) + (arguments or [])
    if module:
        raise typer.Exit(interpret_module(module, own, device))
    raise typer.Exit(interpret(file if code is None else code, own, device))
