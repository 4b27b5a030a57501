"""The command ``generate``: step 13's model and step 14's loop tell a story.

Text goes to stdout, as it grows; all else goes to stderr, so that a pipe gets the story alone.
"""

import math
import sys
import tokenize
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from course import report, runtime
from course.steps import use_own_steps
from course.todos import ROOT, STEPS, open_todos, step_path
from gpt2.checkpoint import Checkpoint, CheckpointError, open_checkpoint
from gpt2.tokenizer import TextStream, load_tokenizer

if TYPE_CHECKING:
    from max.driver import Device
    from max.experimental.tensor import Tensor

PROMPT = "Once upon a time"
CHECKPOINT = str(ROOT / "models" / "storyteller")
USUAL_LENGTH = 200  # new tokens, where the user does not say how many
LARGEST_SEED = 2**32 - 1  # NumPy's


class GenerateError(ValueError):
    """The story cannot be told; the message says why."""


def generate(
    prompt: str = PROMPT,
    *,
    temperature: float = 0.8,
    greedy: bool = False,
    max_new_tokens: int | None = None,
    seed: int | None = None,
    steps: Path | None = None,
    device: str | None = None,
    checkpoint: str = CHECKPOINT,
) -> None:
    """Print the prompt and what the model makes of it.

    Call ``runtime.prepare`` first.

    Args:
        temperature: 0 is greedy, 1 the model's own distribution, above that it grows wilder.
        greedy: take the likeliest token each time, whatever the temperature.
        max_new_tokens: without it 200, or as many as the context window has room for.
        seed: the same seed tells the same story on the same machine.
        steps: the folder with the learner's steps, where they take the place of the solutions.
        device: as for ``runtime.pick_device``.
        checkpoint: a folder, or a model's name on the Hugging Face hub.

    Raises:
        GenerateError: an argument is out of range, or the learner's steps are not done or fail.
        CheckpointError: the checkpoint cannot be found or read, or is not exactly a GPT-2.
        DeviceError: the device is unknown or not there.
    """
    if not math.isfinite(temperature) or temperature < 0:
        raise GenerateError(f"temperature {temperature:g}: expected a finite number, 0 or more")
    if seed is not None and not 0 <= seed <= LARGEST_SEED:
        raise GenerateError(f"seed {seed}: expected a whole number from 0 to {LARGEST_SEED}")
    if max_new_tokens is not None and max_new_tokens < 0:
        raise GenerateError(f"max-new-tokens {max_new_tokens}: expected 0 or more")
    if steps is not None:
        _require_done(steps)
        use_own_steps(steps)

    with _own_lines(steps):
        opened = open_checkpoint(checkpoint)
        tokenizer = load_tokenizer(opened.folder, opened.config.vocab_size)
        ids = _encode(prompt, tokenizer)
        count = _count(max_new_tokens, len(ids), opened.config.n_positions)
        chosen, model = _load(opened, device)

        from max.experimental.tensor import Tensor

        from course.gather import gathered
        from solutions.solution_14 import generate_tokens

        stream = TextStream(tokenizer, _write)

        def telling_model(tokens: Tensor) -> Tensor:
            stream.update(_ids(tokens))  # step 14 asks the model with the text so far, each time
            return model(tokens)

        if seed is not None:
            np.random.seed(seed)
        with gathered():
            tokens = generate_tokens(
                telling_model,
                Tensor(np.array([ids]), device=chosen),
                max_new_tokens=count,
                temperature=temperature,
                do_sample=not greedy,
                eos_token_id=opened.eos_token_id,
            )
            stream.finish(_ids(tokens))
        _write("\n")


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _ids(tokens: "Tensor") -> list[int]:
    """The numbers in ``tokens`` [1, seq_length]."""
    from max.driver import CPU

    return np.from_dlpack(tokens.to(CPU()))[0].tolist()


def _load(checkpoint: Checkpoint, device: str | None) -> tuple["Device", Callable[["Tensor"], "Tensor"]]:
    with report.Waiting() as waiting:
        chosen = runtime.pick_device(device)
        from course import kernels

        kernels.load(chosen, waiting.kernels)

        from gpt2.model import load_model

        waiting.say("Loading the model, compiled the first time: minutes")
        with runtime.killable():
            return chosen, load_model(checkpoint, chosen)


def _encode(prompt: str, tokenizer: Tokenizer) -> list[int]:
    try:
        ids = tokenizer.encode(prompt).ids
    except TypeError:  # bytes that are not UTF-8 come from the command line as lone surrogates
        raise GenerateError(f"the prompt {prompt!r} is not UTF-8") from None
    if not ids:
        raise GenerateError("the prompt is empty: expected at least one character")
    return ids


def _count(max_new_tokens: int | None, prompt_length: int, n_positions: int) -> int:
    """How many tokens to generate: what was asked for, if the context window has room for it."""
    left = n_positions - prompt_length
    if left < 0:
        raise GenerateError(f"the prompt has {prompt_length} tokens, the model's context window {n_positions}")
    if max_new_tokens is None:
        return min(USUAL_LENGTH, left)
    if max_new_tokens > left:
        raise GenerateError(
            f"max-new-tokens {max_new_tokens}: the prompt leaves room for {left} of the {n_positions} "
            "tokens in the model's context window"
        )
    return max_new_tokens


def _require_done(folder: Path) -> None:
    """The first TODO that a learner has not done, or file that cannot be read, is an error."""
    for step in STEPS:
        path = step_path(step, folder)
        try:
            with tokenize.open(path) as file:  # with its coding, as Python reads it
                todos = open_todos(file.read(), step)
        except (OSError, SyntaxError, ValueError) as error:  # ValueError: not UTF-8, or a NUL
            raise GenerateError(f"{path} cannot be read: {error}") from error
        if todos:
            raise GenerateError(f"step {step:02}, TODO {todos[0].number} is not done yet: {todos[0].title} ({path})")


@contextmanager
def _own_lines(folder: Path | None) -> Iterator[None]:
    """Turn an exception of a learner's steps into an error that shows their lines, not ours."""
    try:
        yield
    except (GenerateError, CheckpointError, runtime.DeviceError):
        raise
    except Exception as error:
        if folder is None:
            raise
        from course.worker import describe  # which imports pytest

        told = describe(error, folder)
        lines = [f"{frame['file']}, line {frame['line']}:  {frame['code']}" for frame in told["trace"]]
        place = lines or ["in no line of yours: do all of your steps pass their checks?"]
        raise GenerateError("\n  ".join([told["actual"], *place])) from error
