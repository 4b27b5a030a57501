"""The command surface of the course: ``pixi run NAME`` and ``./run NAME`` end here."""

import os
import sys

from course.commands import app
from course.commands.app import STEP
from course.terminal import console


def main() -> None:
    """Run the command that the arguments name; s08, or the step by any other name, is short for check 8."""
    for stream in (sys.stdout, sys.stderr):
        console.spell(stream)
    arguments = sys.argv[1:]
    if arguments and STEP.fullmatch(arguments[0]):
        arguments.insert(0, "check")
    elif arguments and arguments[0].lower() == "step":
        arguments[0] = "check"
    # ./run and pixi start in the repository, and say where the user is. What we start is not for them to move.
    os.chdir(os.environ.pop("INIT_CWD", "."))
    app(arguments, prog_name="./run")


if __name__ == "__main__":
    main()
