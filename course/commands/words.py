"""The words of the command line, exactly those that Typer knows: the book may write no others."""

from typer.main import get_command

from course.commands import app
from course.curriculum.steps import STEPS


def words() -> frozenset[str]:
    """Every command, and every option of one."""
    commands = get_command(app).commands  # type: ignore[attr-defined]
    options = {option for command in commands.values() for each in command.params for option in each.opts}
    return frozenset({*commands, *options, "--help", "sNN", *(f"s{step:02}" for step in STEPS)})
