"""``./run train``: judges a text before time is spent on it, and trains a model on it in an environment of its own."""

import os
import shutil
import signal
import subprocess
from importlib.metadata import version
from pathlib import Path

from book.pictures.losses import losses
from course.curriculum.steps import ROOT
from course.environment import python_with
from course.refusal import Refusal
from course.terminal import console
from gpt2.cost import parameter_count
from training.files import write
from training.record import Plan, plan, read_result
from training.sizes import SIZES
from training.text import read_text

ENVIRONMENT = ROOT / ".training"
REQUIREMENTS = [
    "torch==2.13.0",
    *(f"{name}=={version(name)}" for name in ("numpy", "rich", "safetensors", "tokenizers")),
]
TRAINED = ROOT / "trained"  # git ignores it
COPIES = 10  # of the weights: two states, each with the optimizers' averages and the best weights, and the checkpoint


def train(path: Path, folder: Path | None, size: str, seed: int, minutes: float, steps: int | None) -> int:
    """Train on the text in a file, and leave a checkpoint in a folder. Returns the exit code.

    Raises:
        Refusal: nothing can be learned from the text, the folder holds something else, the disk is full, or PyTorch
            cannot be installed.
    """
    text = read_text(path, SIZES[size].n_positions)
    folder = (folder or TRAINED / path.stem).absolute()
    shown = os.path.relpath(folder)
    result = read_result(folder, wanted := plan(text, size, seed, minutes, steps))
    if result is None:
        _refuse_full_disk(folder, size)
        options = ["--size", size, "--seed", str(seed), "--minutes", str(minutes)]
        options += ["--steps", str(steps)] if steps else []
        if code := _run(path.absolute(), folder, *options):
            return code
        _draw(folder, wanted)
    else:
        console.out.print(f"{shown} was made by this very command before: {wanted.command}", markup=False)
    console.out.print(
        f"The card: {shown}/README.md. To let it write: ./run generate --checkpoint {shown}", markup=False
    )
    return 0


def _draw(folder: Path, wanted: Plan) -> None:
    """The curves, which the card shows."""
    looks = (read_result(folder, wanted) or {})["looks"]
    columns = ([look[key] for look in looks] for key in ("step", "training", "held_out"))
    write(folder / "loss.svg", losses("losses", f"Loss on {wanted.text}, in nats per token", *columns).encode())


def _refuse_full_disk(folder: Path, size: str) -> None:
    shape = SIZES[size]
    wanted = COPIES * 4 * parameter_count(shape.config(shape.vocab_size))
    there = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    if (free := shutil.disk_usage(there).free) < wanted:
        raise Refusal(
            f"a training of this size needs {wanted / 1e6:.0f} MB in {folder}, where {free / 1e6:.0f} MB are free"
        )


def _run(path: Path, folder: Path, *options: str) -> int:
    command: list[str | Path] = [python_with(REQUIREMENTS, ENVIRONMENT), "-m", "training", path, folder, *options]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # which goes to the process as well, and that saves what it has
    code = process.wait()
    if code < 0:
        raise Refusal(f"the training was killed by signal {-code}. The same command goes on from what it has saved")
    return code
