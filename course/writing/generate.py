"""The command ``generate``: prints a prompt and what the model generates after it.

By default the engine in ``gpt2`` generates, which computes each token once; on request it is step 13's model in step
14's loop, which reads the whole text again for each token. The text goes to stdout piece by piece; everything else
goes to stderr, so that a pipe gets the text alone.
"""

import math
import shutil
import sys
import tokenize
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from course import runtime
from course.curriculum.steps import STEPS, step_path
from course.curriculum.todos import open_todos
from course.judging.subject import use_own_steps
from course.refusal import Refusal, refusing
from course.terminal.waiting import Waiting
from gpt2.checkpoint import Checkpoint, CheckpointError, open_checkpoint
from gpt2.prompt import context_left, prompt_ids
from gpt2.sampling import Sampling
from gpt2.tokenizer import TextStream, load_tokenizer

if TYPE_CHECKING:
    from max.driver import Device
    from max.experimental.tensor import Tensor

    from gpt2.generator import Generator

DEFAULT_LENGTH = 200  # new tokens, where the user does not say how many


def generate(
    prompt: str,
    sampling: Sampling,
    *,
    checkpoint: str,
    max_new_tokens: int | None = None,
    slide: bool = False,
    stop: Sequence[str] = (),
    naive: bool = False,
    steps: Path | None = None,
    weights: str = "float32",
    device: str | None = None,
) -> None:
    """Print the prompt and the text that the model generates after it.

    Args:
        sampling: the same seed gives the same text on the same machine, from the engine and from step 14's loop.
        checkpoint: a folder, or a model's name on the Hugging Face hub.
        max_new_tokens: without it 200, or as many as the context window has room for.
        slide: go on when the context window is full, as ``gpt2.generator`` does.
        stop: texts that end the generated text, and are not part of it.
        naive: generate with step 14's loop, which has no settings but temperature and seed.
        steps: the folder with the learner's steps, if step 14's loop is to use them instead of the solutions.
        weights: the type that weights are stored as, as for ``gpt2.loading.load_cached_model``.
        device: as for ``runtime.start``.

    Raises:
        Refusal: an argument is out of range, the device is not there, or the learner's steps are not done or fail.
        CheckpointError: the checkpoint cannot be found or read, or is not exactly a GPT-2.
    """
    if max_new_tokens is not None and max_new_tokens < 0:
        raise Refusal(f"max-new-tokens {max_new_tokens}: expected 0 or more")
    naive = naive or steps is not None
    if naive and weights != "float32":
        raise Refusal(f"weights {weights!r}: step 14's loop (--naive, --mine) keeps them as float32")
    if naive and (slide or stop or sampling != Sampling(sampling.temperature, seed=sampling.seed)):
        raise Refusal("step 14's loop (--naive, --mine) knows temperature, greedy and seed alone")
    if steps is not None:
        _require_done(steps)
        use_own_steps(steps)

    with _own_lines(steps):
        opened = open_checkpoint(checkpoint)
        if steps is not None and (opened.family.activation != "gelu_new" or not opened.family.is_tied):
            raise Refusal(f"{opened.folder} is no GPT-2 such as yours: it needs the engine, without --mine")
        tokenizer = load_tokenizer(opened.folder, opened.config.vocab_size)
        with refusing(ValueError):
            ids = prompt_ids(prompt, tokenizer, opened.config)
            left = math.inf if slide else context_left(ids, opened.config)
        if max_new_tokens is None:
            max_new_tokens = int(min(DEFAULT_LENGTH, left))
        elif max_new_tokens > left:
            raise Refusal(
                f"max-new-tokens {max_new_tokens}: the prompt leaves room for {left} of the "
                f"{opened.config.n_positions} tokens in the model's context window"
            )
        if naive:
            _generate_naively(ids, sampling, max_new_tokens, opened, tokenizer, device, steps)
        else:
            with refusing(ValueError):
                model = load(opened, tokenizer, weights, device)
                tokens = model.stream(ids, sampling, max_new_tokens=max_new_tokens, slide=slide, stop=stop)
                write(tokenizer.decode(ids))
                for token in tokens:
                    write(token.text)
        write("\n")


def load(checkpoint: Checkpoint, tokenizer: Tokenizer, weights: str, device: str | None) -> "Generator":
    """Load the engine, and say meanwhile what takes so long."""
    with _loading(device, kernels=False) as chosen:
        from gpt2.generator import load_generator

        return load_generator(checkpoint, chosen, weights, tokenizer)


def _generate_naively(
    ids: list[int],
    sampling: Sampling,
    max_new_tokens: int,
    checkpoint: Checkpoint,
    tokenizer: Tokenizer,
    device: str | None,
    steps: Path | None,
) -> None:
    """Print what step 14's loop generates."""
    with _loading(device, kernels=True) as chosen:
        from gpt2.loading import load_model, load_uncompiled_model

        try:
            model = load_model(checkpoint, chosen)
        except Exception as error:
            if steps is None or not (lines := _own_trace(error, steps)[1]):
                raise
            model = load_uncompiled_model(checkpoint, chosen)
            print(
                "Your model runs without being compiled, which is slower: MAX compiles it before there is a text, "
                f"and here a step asks for a number that only a text has, such as its length:\n  {lines[-1]}",
                file=sys.stderr,
            )

    from max.experimental.tensor import Tensor

    from course.runtime.gather import gathered
    from solutions.solution_14 import generate_tokens

    stream = TextStream(tokenizer)
    end, *further_ends = checkpoint.eos_token_ids or [None]

    def printing_model(tokens: Tensor) -> Tensor:
        text = _ids(tokens)
        write(stream.update(text))  # step 14 calls the model for each token, with the whole text so far
        if len(text) > len(ids) and text[-1] in further_ends:  # step 14 knows of one end alone
            raise _End
        return model(tokens)

    if sampling.seed is not None:
        np.random.seed(sampling.seed)
    with gathered(), suppress(_End):
        tokens = generate_tokens(
            printing_model,
            Tensor(np.array([ids]), device=chosen),
            max_new_tokens=max_new_tokens,
            temperature=sampling.temperature,
            do_sample=sampling.temperature > 0,
            eos_token_id=end,
        )
        write(stream.finish(_ids(tokens)))


class _End(Exception):
    """The text has come to its end."""


def write(text: str) -> None:
    """Print a piece of text at once."""
    if text:
        sys.stdout.write(text)
        sys.stdout.flush()


def _ids(tokens: "Tensor") -> list[int]:
    """The numbers in ``tokens`` [1, seq_length]."""
    from max.driver import CPU

    return np.from_dlpack(tokens.to(CPU()))[0].tolist()


@contextmanager
def _loading(device: str | None, kernels: bool) -> Iterator["Device"]:
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


def _require_done(folder: Path) -> None:
    """Refuse the first TODO of a learner's steps that is not done, and a file that cannot be read."""
    for step in STEPS:
        path = step_path(step, folder)
        try:
            with tokenize.open(path) as file:  # with its coding, as Python reads it
                todos = open_todos(file.read(), step)
        except (OSError, SyntaxError, ValueError) as error:  # ValueError: not UTF-8, or a NUL
            raise Refusal(f"{path} cannot be read: {error}") from error
        if todos:
            raise Refusal(f"step {step:02}, TODO {todos[0].number} is not done yet: {todos[0].title} ({path})")


@contextmanager
def _own_lines(folder: Path | None) -> Iterator[None]:
    """Turn an exception in a learner's steps into a refusal that shows the lines of their files, not of ours."""
    try:
        yield
    except (Refusal, CheckpointError):
        raise
    except Exception as error:
        if folder is None:
            raise
        actual, lines = _own_trace(error, folder)
        place = lines or ["in no line of yours: do all of your steps pass their checks?"]
        raise Refusal("\n  ".join([actual, *place])) from error


def _own_trace(error: Exception, folder: Path) -> tuple[str, list[str]]:
    """What an exception says, and the lines of a learner's steps that lead to it."""
    from course.judging.description import describe  # which imports pytest

    told = describe(error, folder)
    return told["actual"], [f"{frame['file']}, line {frame['line']}:  {frame['code']}" for frame in told["trace"]]
