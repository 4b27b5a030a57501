"""The application that every command registers itself with, and the options that several of them have."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from course.curriculum.steps import COURSE, LAST, ROOT, STEPS, step_title
from course.refusal import Refusal
from course.terminal import console

WHOLE = 1000  # characters: no sentence has as many
NO, CANNOT = 1, 2  # exit codes: the answer is no; the question could not be asked


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        """Run a command. What it refuses, and what the system does not let it do, is one line and exit code 2."""
        try:
            return super().invoke(ctx)
        except (Refusal, OSError) as error:
            console.err.print(f"error: {error}", style="red", markup=False)
            raise typer.Exit(CANNOT) from error

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the steps, and every command with the whole sentence about it."""
        with formatter.section("Steps"):
            formatter.write_dl([(f"s{step:02}", step_title(step)) for step in STEPS])
        commands = [(name, self.commands[name]) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(limit=WHOLE)) for name, command in commands])


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=f"Build GPT-2 in {len(COURSE)} steps. Fill in steps/step_01.py, then: s01.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        (version,) = re.findall(
            r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE
        )
        console.out.print(version, highlight=False)
        raise typer.Exit


@app.callback()
def course(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version: see CHANGELOG.md."),
    ] = False,
) -> None:
    """What ./run can be told before a command."""


NUMBERS = f"1 to {LAST}"

From = Annotated[Path, typer.Option("--from", metavar="DIR", help="Folder with the step files.", show_default="steps")]
DeviceName = Annotated[
    str | None, typer.Option("--device", metavar="NAME", help="cpu, gpu or gpu:N. Default: a GPU where there is one.")
]
Timeout = Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="How long one check may take.")]


# As people write it: 8, 08, s8, S08, "step 8", step_08, steps/step_08.py.
STEP = re.compile(r"(?:steps/)?(?:s|step)?[ _-]?0*([0-9]{1,3})(?:\.py)?", re.IGNORECASE)


def step_number(text: str, hint: str = "N") -> int:
    """The step that a user names.

    Args:
        hint: the argument or the option that it was named in.

    Raises:
        typer.BadParameter: there is no such step.
    """
    found = STEP.fullmatch(text.strip())
    if not (found and int(found[1]) in STEPS):
        raise typer.BadParameter(f"{text!r} is not a step: expected {NUMBERS}", param_hint=hint)
    return int(found[1])


@contextmanager
def option(name: str, value: object) -> Iterator[None]:
    """Let a refusal begin with the option that it is about, as it is typed."""
    try:
        yield
    except Refusal as error:
        raise Refusal(f"{name} {value}: {error}") from error


def load_kernels(device: str | None) -> None:
    """Load MAX's kernels, and compile those that this machine lacks, with a progress bar.

    Raises:
        Refusal: the device is not there.
    """
    from course.judging import run
    from course.terminal.waiting import Waiting

    with Waiting() as waiting:
        run.load_kernels(device, waiting.kernels)
