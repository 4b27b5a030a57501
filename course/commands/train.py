"""The command train."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from course.commands.app import app

SHORTEST, LONGEST = 0.1, 7 * 24 * 60  # minutes


@app.command("train")
def train_model(
    text: Annotated[Path, typer.Argument(metavar="TEXT", help="A UTF-8 file; <|endoftext|> may separate documents.")],
    size: Annotated[
        Literal["tiny", "small", "medium"], typer.Option(help="0.1, 1.3 or 7 million parameters.")
    ] = "small",
    minutes: Annotated[float, typer.Option(metavar="N", help="About how long to train.")] = 5,
    steps: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many steps, instead: repeatable with the same seed.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N")] = 0,
    to: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the checkpoint goes.", show_default="trained/ and its name"),
    ] = None,
) -> None:
    """Train a GPT-2 of your own on a text, in PyTorch. If interrupted, the same command goes on."""
    if not SHORTEST <= minutes <= LONGEST:  # which nan is not, either
        raise typer.BadParameter(f"{minutes:g}: expected {SHORTEST} to {LONGEST:,}, a week", param_hint="--minutes")
    from course.writing.train import train

    raise typer.Exit(train(text, to, size, seed, minutes, steps))
