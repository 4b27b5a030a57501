"""The command ``generate``: the model tells a story.

By default the engine in ``gpt2`` writes it, which computes each token once; on request it is step
13's model in step 14's loop, which reads the whole text again for each token. Text goes to stdout,
as it grows; all else goes to stderr, so that a pipe gets the story alone.
"""

import sys
import tokenize
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from course import report, runtime
from course.steps import use_own_steps
from course.todos import ROOT, STEPS, open_todos, step_path
from gpt2.checkpoint import Checkpoint, CheckpointError, open_checkpoint
from gpt2.sampling import Sampling
from gpt2.tokenizer import TextStream, encode, load_tokenizer

if TYPE_CHECKING:
    from max.driver import Device
    from max.experimental.tensor import Tensor

PROMPT = "Once upon a time"
CHECKPOINT = str(ROOT / "models" / "storyteller")
USUAL_LENGTH = 200  # new tokens, where the user does not say how many


class GenerateError(ValueError):
    """The story cannot be told; the message says why."""


def generate(
    prompt: str = PROMPT,
    *,
    temperature: float = 0.8,
    greedy: bool = False,
    top_k: int | None = None,
    top_p: float = 1.0,
    min_p: float = 0.0,
    repetition_penalty: float = 1.0,
    presence_penalty: float = 0.0,
    frequency_penalty: float = 0.0,
    stop: Sequence[str] = (),
    max_new_tokens: int | None = None,
    seed: int | None = None,
    naive: bool = False,
    steps: Path | None = None,
    device: str | None = None,
    checkpoint: str = CHECKPOINT,
) -> None:
    """Print the prompt and what the model makes of it.

    Call ``runtime.prepare`` first.

    Args:
        temperature: 0 is greedy, 1 the model's own distribution, above that it grows wilder.
        greedy: take the likeliest token each time, whatever the temperature.
        top_k, top_p, min_p: sample from the likeliest tokens only, as in ``gpt2.sampling``.
        repetition_penalty, presence_penalty, frequency_penalty: make likelier what has not
            occurred yet, as in ``gpt2.sampling``.
        stop: texts that end the story, and are no part of it.
        max_new_tokens: without it 200, or as many as the context window has room for.
        seed: the same seed tells the same story on the same machine, in either way.
        naive: generate with step 14's loop, which knows temperature, greedy and seed alone.
        steps: the folder with the learner's steps, where they take the place of the solutions
            in step 14's loop.
        device: as for ``runtime.pick_device``.
        checkpoint: a folder, or a model's name on the Hugging Face hub.

    Raises:
        GenerateError: an argument is out of range, or the learner's steps are not done or fail.
        CheckpointError: the checkpoint cannot be found or read, or is not exactly a GPT-2.
        DeviceError: the device is unknown or not there.
    """
    if max_new_tokens is not None and max_new_tokens < 0:
        raise GenerateError(f"max-new-tokens {max_new_tokens}: expected 0 or more")
    with _refusals():
        simple = Sampling(temperature, seed=seed)
        if greedy:
            simple = replace(simple, temperature=0)
        sampling = replace(
            simple,
            top_k=top_k,
            top_p=top_p,
            min_p=min_p,
            repetition_penalty=repetition_penalty,
            presence_penalty=presence_penalty,
            frequency_penalty=frequency_penalty,
        )
    naive = naive or steps is not None
    if naive and (stop or sampling != simple):
        raise GenerateError("step 14's loop (--naive, --mine) knows temperature, greedy and seed alone")
    if steps is not None:
        _require_done(steps)
        use_own_steps(steps)

    with _own_lines(steps):
        opened = open_checkpoint(checkpoint)
        tokenizer = load_tokenizer(opened.folder, opened.config.vocab_size)
        with _refusals():
            ids = encode(tokenizer, prompt)
        count = _count(max_new_tokens, len(ids), opened.config.n_positions)
        if naive:
            _tell_naively(ids, simple, count, opened, tokenizer, device)
        else:
            with _refusals():
                _tell(ids, sampling, count, stop, opened, tokenizer, device)
        _write("\n")


def _tell(
    ids: list[int],
    sampling: Sampling,
    count: int,
    stop: Sequence[str],
    checkpoint: Checkpoint,
    tokenizer: Tokenizer,
    device: str | None,
) -> None:
    with _loading(device) as chosen:
        from gpt2.cached import load_cached_model
        from gpt2.generator import Generator

        model = Generator(load_cached_model(checkpoint, chosen), tokenizer, checkpoint.eos_token_id)
    tokens = model.stream(ids, sampling, max_new_tokens=count, stop=stop)
    _write(tokenizer.decode(ids))
    for token in tokens:
        _write(token.text)


def _tell_naively(
    ids: list[int], sampling: Sampling, count: int, checkpoint: Checkpoint, tokenizer: Tokenizer, device: str | None
) -> None:
    with _loading(device, kernels=True) as chosen:
        from gpt2.model import load_model

        model = load_model(checkpoint, chosen)

    from max.experimental.tensor import Tensor

    from course.gather import gathered
    from solutions.solution_14 import generate_tokens

    stream = TextStream(tokenizer)

    def telling_model(tokens: Tensor) -> Tensor:
        _write(stream.update(_ids(tokens)))  # step 14 asks the model with the text so far, each time
        return model(tokens)

    if sampling.seed is not None:
        np.random.seed(sampling.seed)
    with gathered():
        tokens = generate_tokens(
            telling_model,
            Tensor(np.array([ids]), device=chosen),
            max_new_tokens=count,
            temperature=sampling.temperature,
            do_sample=sampling.temperature > 0,
            eos_token_id=checkpoint.eos_token_id,
        )
        _write(stream.finish(_ids(tokens)))


def _write(text: str) -> None:
    if text:
        sys.stdout.write(text)
        sys.stdout.flush()


def _ids(tokens: "Tensor") -> list[int]:
    """The numbers in ``tokens`` [1, seq_length]."""
    from max.driver import CPU

    return np.from_dlpack(tokens.to(CPU()))[0].tolist()


@contextmanager
def _loading(device: str | None, kernels: bool = False) -> Iterator["Device"]:
    """Say what takes so long while a model is loaded; eager operations need the kernels, too."""
    with report.Waiting() as waiting:
        chosen = runtime.pick_device(device)
        if kernels:
            from course import kernels as course_kernels

            course_kernels.load(chosen, waiting.kernels)
        waiting.say("Loading the model, which MAX compiles the first time: minutes")
        with runtime.killable():
            yield chosen


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


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what the engine refuses into an error of this command."""
    try:
        yield
    except (CheckpointError, runtime.DeviceError):
        raise
    except ValueError as error:
        raise GenerateError(str(error)) from error
