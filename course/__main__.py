"""The command surface of the course: ``pixi run NAME`` and ``./run NAME`` end here."""

import os
import sys

from course.commands import app
from course.curriculum.steps import STEPS
from course.terminal import console


def main() -> None:
    """Run the command that the arguments name; s08 is short for check 8."""
    for stream in (sys.stdout, sys.stderr):
        console.spell(stream)
    arguments = sys.argv[1:]
    if arguments and (name := arguments[0]) in {f"s{step:02}" for step in STEPS}:
        arguments = ["check", str(int(name[1:])), *arguments[1:]]
    # ./run and pixi start in the repository, and say where the user is. What we start is not for them to move.
    os.chdir(os.environ.pop("INIT_CWD", "."))
    app(arguments, prog_name="./run")


if __name__ == "__main__":
    main()
