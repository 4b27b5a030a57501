"""The command ``generate``: the model tells a story.

By default the engine in ``gpt2`` writes it, which computes each token once; on request it is step
13's model in step 14's loop, which reads the whole text again for each token. Text goes to stdout,
as it grows; all else goes to stderr, so that a pipe gets the story alone.
"""

import shutil
import sys
import tokenize
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer

from course import runtime
from course.curriculum.steps import ROOT, STEPS, step_path
from course.curriculum.todos import open_todos
from course.judging.subject import use_own_steps
from course.refusal import Refusal, refusing
from course.terminal.waiting import Waiting
from gpt2.checkpoint import Checkpoint, CheckpointError, open_checkpoint
from gpt2.sampling import Sampling
from gpt2.tokenizer import TextStream, encode, load_tokenizer

if TYPE_CHECKING:
    from max.driver import Device
    from max.experimental.tensor import Tensor

    from gpt2.generator import Generator

PROMPT = "Once upon a time"
CHECKPOINT = str(ROOT / "models" / "storyteller")
USUAL_LENGTH = 200  # new tokens, where the user does not say how many


def generate(
    prompt: str = PROMPT,
    sampling: Sampling = Sampling(temperature=0.8),
    *,
    max_new_tokens: int | None = None,
    slide: bool = False,
    stop: Sequence[str] = (),
    naive: bool = False,
    steps: Path | None = None,
    weights: str = "float32",
    device: str | None = None,
    checkpoint: str = CHECKPOINT,
) -> None:
    """Print the prompt and what the model makes of it.

    Call ``runtime.prepare`` first.

    Args:
        sampling: the same seed tells the same story on the same machine, in either way.
        max_new_tokens: without it 200, or as many as the context window has room for.
        slide: go on when the context window is full, as ``gpt2.generator`` does.
        stop: texts that end the story, and are no part of it.
        naive: generate with step 14's loop, which knows temperature and seed alone.
        steps: the folder with the learner's steps, where they take the place of the solutions
            in step 14's loop.
        weights: what they are kept as, as for ``gpt2.loading.load_cached_model``.
        device: as for ``runtime.pick_device``.
        checkpoint: a folder, or a model's name on the Hugging Face hub.

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
        tokenizer = load_tokenizer(opened.folder, opened.config.vocab_size)
        with refusing(ValueError):
            ids = encode(tokenizer, prompt)
        count = _count(max_new_tokens, None if slide else opened.config.n_positions, len(ids))
        if naive:
            _tell_naively(ids, sampling, count, opened, tokenizer, device)
        else:
            with refusing(ValueError):
                model = load(opened, tokenizer, weights, device)
                tokens = model.stream(ids, sampling, max_new_tokens=count, slide=slide, stop=stop)
                write(tokenizer.decode(ids))
                for token in tokens:
                    write(token.text)
        write("\n")


def load(checkpoint: Checkpoint, tokenizer: Tokenizer, weights: str, device: str | None) -> "Generator":
    """The engine's model, and word of what takes so long meanwhile."""
    with _loading(device) as chosen:
        from gpt2.generator import Generator
        from gpt2.loading import load_cached_model

        return Generator(load_cached_model(checkpoint, chosen, weights), tokenizer, checkpoint.eos_token_id)


def _tell_naively(
    ids: list[int], sampling: Sampling, count: int, checkpoint: Checkpoint, tokenizer: Tokenizer, device: str | None
) -> None:
    with _loading(device, kernels=True) as chosen:
        from gpt2.loading import load_model

        model = load_model(checkpoint, chosen)

    from max.experimental.tensor import Tensor

    from course.runtime.gather import gathered
    from solutions.solution_14 import generate_tokens

    stream = TextStream(tokenizer)

    def telling_model(tokens: Tensor) -> Tensor:
        write(stream.update(_ids(tokens)))  # step 14 asks the model with the text so far, each time
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
        write(stream.finish(_ids(tokens)))


def write(text: str) -> None:
    """Show a piece of the text at once."""
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
    with Waiting() as waiting:
        with refusing(ValueError):
            chosen = runtime.pick_device(device)
        if kernels:
            from course.runtime import kernels as course_kernels

            course_kernels.load(chosen, waiting.kernels)
        waiting.say("Loading the model, which MAX compiles the first time: a minute or more")
        with runtime.killable():
            try:
                yield chosen
            except RuntimeError as error:
                if not str(error).startswith("Failed to compile"):
                    raise
                raise Refusal(_why_not_compiled()) from error


def _why_not_compiled() -> str:
    """What may be the matter, of which MAX says nothing: it fails alike on a full disk and on a damaged cache."""
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


def _count(max_new_tokens: int | None, context: int | None, prompt_length: int) -> int:
    """How many tokens to generate: what was asked for, if the context window, where there is one, has room for it."""
    if context is None:
        return USUAL_LENGTH if max_new_tokens is None else max_new_tokens
    left = context - prompt_length
    if left < 0:
        raise Refusal(f"the prompt has {prompt_length} tokens, the model's context window {context}")
    if max_new_tokens is None:
        return min(USUAL_LENGTH, left)
    if max_new_tokens > left:
        raise Refusal(
            f"max-new-tokens {max_new_tokens}: the prompt leaves room for {left} of the {context} "
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
            raise Refusal(f"{path} cannot be read: {error}") from error
        if todos:
            raise Refusal(f"step {step:02}, TODO {todos[0].number} is not done yet: {todos[0].title} ({path})")


@contextmanager
def _own_lines(folder: Path | None) -> Iterator[None]:
    """Turn an exception of a learner's steps into an error that shows their lines, not ours."""
    try:
        yield
    except (Refusal, CheckpointError):
        raise
    except Exception as error:
        if folder is None:
            raise
        from course.judging.description import describe  # which imports pytest

        told = describe(error, folder)
        lines = [f"{frame['file']}, line {frame['line']}:  {frame['code']}" for frame in told["trace"]]
        place = lines or ["in no line of yours: do all of your steps pass their checks?"]
        raise Refusal("\n  ".join([told["actual"], *place])) from error
