"""Loads the model that writes, and says meanwhile what takes so long."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from course import runtime
from course.refusal import Refusal, refusing
from course.terminal.waiting import Waiting
from gpt2.checkpoint import Checkpoint

if TYPE_CHECKING:
    from max.driver import Device

    from gpt2.generator import Generator


def load(checkpoint: Checkpoint, tokenizer: Tokenizer, weights: str, device: str | None) -> "Generator":
    """Load the engine, and say meanwhile what takes so long."""
    with loading(device, kernels=False) as chosen:
        from gpt2.generator import load_generator

        return load_generator(checkpoint, chosen, weights, tokenizer)


@contextmanager
def loading(device: str | None, kernels: bool) -> Iterator["Device"]:
    """Start MAX, and while the caller loads a model say what takes so long. Eager operations need the kernels."""
    with Waiting() as waiting:
        with refusing(ValueError):
            chosen = runtime.start(device, kernels=kernels, progress=waiting.kernels)
        waiting.say("Loading the model, which MAX compiles the first time: a minute or more")
        with runtime.killable():
            try:
                yield chosen
            except RuntimeError as error:
                if not str(error).startswith("Failed to compile"):
                    raise
                raise Refusal(_why_not_compiled()) from error


def _why_not_compiled() -> str:
    """The likely causes. MAX names none: it fails in the same way on a full disk and on a damaged cache."""
    from max._interpreter_ops import gc_compile

    folder = gc_compile._cache_dir()
    if folder is None:
        return "MAX cannot compile the model, and has no folder to keep it in"
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free / 1e6
    return (
        f"MAX cannot compile the model. It keeps what it compiles in {folder}, where {free:,.0f} MB are free: "
        "make room there; or if there is room, remove that folder, which may be damaged"
    )
