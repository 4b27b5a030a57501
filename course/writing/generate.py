"""The command ``generate``: prints a prompt and what the model generates after it.

By default the engine in ``gpt2`` generates, which computes each token once; on request it is step 13's model in step
14's loop, which reads the whole text again for each token. The text goes to stdout piece by piece; everything else
goes to stderr, so that a pipe gets the text alone.
"""

import math
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from course.judging.subject import use_own_steps
from course.refusal import Refusal, refusing
from course.terminal import console
from course.writing.loading import load
from course.writing.naive import FILTERS, NaiveLoop, without_filters
from course.writing.own_steps import own_lines, require_done
from course.writing.page import put
from course.writing.probabilities import RUNNERS_UP
from course.writing.telling import Telling
from course.writing.trained_on import tell_of_unknown_words
from gpt2.checkpoint import Checkpoint, open_checkpoint
from gpt2.prompt import context_left, prompt_ids
from gpt2.sampling import LARGEST_SEED, Sampling
from gpt2.tokenizer import load_tokenizer

DEFAULT_LENGTH = 200  # new tokens, where the user does not say how many
SLIDES = "; with --slide it goes on past that"
READS_ITS_END = "; with --slide it reads the last half of that"


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
    own_cache: bool = False,
    weights: str = "float32",
    device: str | None = None,
    samples: int = 1,
    show_probabilities: bool = False,
    stats: bool = False,
) -> None:
    """Print the prompt and the text that the model generates after it.

    Args:
        sampling: the same seed gives the same text on the same machine, from the engine and from step 14's loop.
            Of several texts each has the seed that follows.
        checkpoint: a folder, or a model's name on the Hugging Face hub.
        max_new_tokens: without it 200, or as many as the context window has room for.
        slide: go on when the context window is full, as ``gpt2.generator`` does.
        stop: texts that end the generated text, and are not part of it.
        naive: generate with step 14's loop, which has no settings but temperature, seed, and the filters of step 17.
        steps: the folder with the learner's steps, if step 14's loop is to use them instead of the solutions.
        own_cache: let the learner's step 16 write, whose model has a KV cache.
        weights: the type that weights are stored as, as for ``gpt2.loading.load_cached_model``.
        device: as for ``runtime.start``.
        samples: how many texts to generate after the prompt, with an empty line between them.
        show_probabilities: color each token by its probability, and list what else the model thought of; into a pipe
            print a table of all tokens in place of the text.
        stats: say afterwards how long it took, why it ended, and which seed tells it again.

    Raises:
        Refusal: an argument is out of range, the device is not there, or the learner's steps are not done or fail.
        CheckpointError: the checkpoint cannot be found or read, or is not exactly a GPT-2.
    """
    if max_new_tokens is not None and max_new_tokens < 0:
        raise Refusal(f"max_new_tokens {max_new_tokens}: expected 0 or more")
    naive = naive or steps is not None
    if naive and weights != "float32":
        raise Refusal(f"weights {weights}: step 14's loop (--naive, --mine) keeps them as float32")
    if naive and (slide or stop or without_filters(sampling) != Sampling(sampling.temperature, seed=sampling.seed)):
        raise Refusal("step 14's loop (--naive, --mine) takes only temperature, greedy, seed and step 17's filters")
    if steps is not None:
        require_done(steps)
        if without_filters(sampling) != sampling:
            try:
                require_done(steps, (FILTERS,))
            except Refusal as error:
                raise Refusal(f"with --mine, step {FILTERS} filters what may be drawn: {error}") from error
            console.err.print(f"Your own filters, of step {FILTERS}, choose what may be drawn.", style="dim")
        use_own_steps(steps)

    with own_lines(steps):
        opened = open_checkpoint(checkpoint)
        if steps is not None and (opened.family.activation != "gelu_new" or not opened.family.is_tied):
            raise Refusal(f"{opened.folder} is not a GPT-2 like yours: it needs the engine, so leave out --mine")
        tokenizer = load_tokenizer(opened.folder, opened.config.vocab_size)
        with refusing(ValueError):
            ids = prompt_ids(prompt, tokenizer, opened.config)
        left = math.inf if slide else _left(ids, opened, naive)
        if max_new_tokens is None:
            max_new_tokens = int(min(DEFAULT_LENGTH, left))
        elif max_new_tokens > left:
            raise Refusal(
                f"max_new_tokens {max_new_tokens}: the prompt leaves room for {left:.0f} of the "
                f"{opened.config.n_positions} tokens in the model's context window{'' if naive else SLIDES}"
            )
        tell_of_unknown_words(prompt, opened.folder)
        if naive:
            loop = NaiveLoop(opened, tokenizer, device, steps, own_cache)
            if loop.cache:
                console.err.print("Your own KV cache, of step 16, keeps what has been read.", style="dim")
        else:
            with refusing(ValueError):
                model = load(opened, tokenizer, weights, device)
        first = secrets.randbelow(LARGEST_SEED + 1) if sampling.seed is None else sampling.seed
        logprobs = min(RUNNERS_UP + 1, opened.config.vocab_size) if show_probabilities else 0
        for number in range(samples):
            own = replace(sampling, seed=(first + number) % (LARGEST_SEED + 1))
            if number:
                put("\n")
            telling = Telling(ids, tokenizer, show_probabilities)
            if naive:
                reason = loop.write(ids, own, max_new_tokens, logprobs, telling.begin, telling.token)
            else:
                with refusing(ValueError):
                    tokens = model.stream(
                        ids, own, max_new_tokens=max_new_tokens, slide=slide, stop=stop, logprobs=logprobs
                    )
                    reason = "length"  # of no tokens at all
                    telling.begin()
                    for token in tokens:
                        telling.token(token)
                        reason = token.finish_reason or reason
            telling.end(reason, own if stats else None)
        if naive and loop.cache and max_new_tokens:
            console.err.print(loop.cache.saved(), style="dim")


def _left(ids: list[int], checkpoint: Checkpoint, naive: bool) -> int:
    """How many tokens the context window has room for after the prompt."""
    try:
        return context_left(ids, checkpoint.config)
    except ValueError as error:
        raise Refusal(f"{error}{'' if naive else READS_ITS_END}") from error
