"""Generates text with a model: one token at a time as it is chosen, or several completions at once."""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Literal

import numpy as np
from max.driver import Device
from tokenizers import Tokenizer

from gpt2.beam import beam_search
from gpt2.checkpoint import Checkpoint
from gpt2.kv_cache import CachedModel
from gpt2.loading import load_cached_model
from gpt2.numbers import is_whole
from gpt2.prompt import context_left, prompt_ids
from gpt2.sampling import Logits, Sampling, choose, log_softmax, top_logprobs
from gpt2.tokenizer import TextStream, load_tokenizer

# Why a text ended: max_new_tokens reached, an end-of-text token, a stop string, or a full context window.
FinishReason = Literal["length", "eos", "stop", "context"]

# Texts that have ended leave their batch when no more than this share of it goes on: it costs a copy of what stays.
STAYING = 3 / 4


@dataclass(frozen=True)
class Token:
    """One token of a completion, and the text that became final with it.

    ``text`` is empty while a character is incomplete, or the text may turn out to be a stop string. The last token
    has all text that was held back. Log-probabilities are those of the model, before any filter.
    """

    id: int
    text: str
    logprob: float
    top_logprobs: list[tuple[int, float]]
    finish_reason: FinishReason | None  # None for all tokens but the last


@dataclass(frozen=True)
class Completion:
    """The text that a model generated after a prompt. The prompt is not part of it."""

    text: str
    tokens: list[Token]
    finish_reason: FinishReason


class Generator:
    """A GPT-2 and its tokenizer, ready to generate text.

        model = load_generator(open_checkpoint("models/storyteller"), CPU())
        for token in model.stream("Once upon a time", Sampling(top_p=0.9, seed=1)):
            print(token.text, end="", flush=True)

    All methods raise ``ValueError``, with the value in the message, for a prompt that is empty or longer than the
    context window of ``n_positions`` tokens, for ids outside the vocabulary, and for impossible settings.
    """

    def __init__(self, model: CachedModel, tokenizer: Tokenizer, eos_token_ids: Collection[int]) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._eos_token_ids = eos_token_ids

    def stream(
        self,
        prompt: str | Sequence[int],
        sampling: Sampling = Sampling(),
        *,
        max_new_tokens: int | None = None,
        slide: bool = False,
        stop: Sequence[str] = (),
        logprobs: int = 0,
    ) -> Iterator[Token]:
        """Yield the tokens that follow a prompt, each as soon as it is chosen.

        To cancel, stop asking for tokens: nothing is computed in advance.

        Args:
            prompt: a text, or its ids.
            max_new_tokens: without it the text goes on until it ends or the context window is full.
            slide: when the context window is full, go on with its last half, and of a prompt that is too long
                read only as much. Positions are absolute, so that half is read again from position 0: on
                average each token is computed twice.
            stop: texts that end the completion and do not become part of it.
            logprobs: of how many of the likeliest tokens each ``Token`` has the log-probabilities.
        """
        text = self._text(prompt, sampling, max_new_tokens, slide, stop, logprobs)
        return (token for _, token in self._run([text]))

    def generate(
        self,
        prompts: str | Sequence[str | Sequence[int]],
        sampling: Sampling | Sequence[Sampling] = Sampling(),
        *,
        max_new_tokens: int | None = None,
        slide: bool = False,
        stop: Sequence[str] = (),
        logprobs: int = 0,
    ) -> list[Completion]:
        """Complete several prompts in one batch. Each completion is the same as ``stream`` yields for its prompt alone.

        Args:
            prompts: texts, or the ids of each. One text alone is one prompt.
            sampling: settings for all prompts, or one for each.
        """
        if isinstance(prompts, str):
            prompts = [prompts]
        if not isinstance(prompts, Sequence | np.ndarray) or isinstance(prompts, bytes):
            raise ValueError(f"prompts {prompts!r}: expected a text, or a list of prompts")
        if not isinstance(sampling, Sampling) and len(sampling) != len(prompts):
            raise ValueError(f"{len(sampling)} samplings for {len(prompts)} prompts: expected one, or one for each")
        each = repeat(sampling, len(prompts)) if isinstance(sampling, Sampling) else sampling
        texts = [
            self._text(prompt, own, max_new_tokens, slide, stop, logprobs)
            for prompt, own in zip(prompts, each, strict=True)
        ]
        tokens: list[list[Token]] = [[] for _ in texts]
        for row, token in self._run(texts):
            tokens[row].append(token)
        return [
            Completion("".join(token.text for token in row), row, text.finish_reason)
            for row, text in zip(tokens, texts, strict=True)
        ]

    def search(self, prompt: str | Sequence[int], beams: int, max_new_tokens: int) -> list[tuple[str, float]]:
        """Beam search for likely completions of a prompt, which have at most ``max_new_tokens`` tokens.

        Returns:
            ``beams`` completions, best first, and the mean log-probability of their tokens.
        """
        config = self._model.config
        ids = prompt_ids(prompt, self._tokenizer, config)
        if not (is_whole(beams) and 1 <= beams < config.vocab_size):
            raise ValueError(f"beams {beams!r}: expected a whole number from 1 to {config.vocab_size - 1}")
        if not (is_whole(max_new_tokens) and max_new_tokens >= 1):
            raise ValueError(f"max_new_tokens {max_new_tokens!r}: expected a whole number, 1 or more")
        if (left := config.n_positions - len(ids)) < 1:
            raise ValueError(
                f"the prompt has {len(ids)} tokens, which leaves no room in a context of {config.n_positions}"
            )
        best = beam_search(self._model, ids, beams, min(max_new_tokens, left), self._eos_token_ids)
        return [(TextStream(self._tokenizer, prompt=ids).finish(beam.ids), beam.score) for beam in best]

    def _text(
        self,
        prompt: str | Sequence[int],
        sampling: Sampling,
        max_new_tokens: int | None,
        slide: bool,
        stop: Sequence[str],
        logprobs: int,
    ) -> "_Text":
        config = self._model.config
        ids = prompt_ids(prompt, self._tokenizer, config)
        left = math.inf if slide else context_left(ids, config)
        sampling.check_vocabulary(config.vocab_size)
        if not (max_new_tokens is None or (is_whole(max_new_tokens) and max_new_tokens >= 0)):
            raise ValueError(f"max_new_tokens {max_new_tokens!r}: expected a whole number, 0 or more")
        is_list = isinstance(stop, Iterable) and not isinstance(stop, str)
        if not (is_list and all(isinstance(each, str) and each for each in stop)):
            raise ValueError(f"stop {stop!r}: expected a list of texts, none of them empty")
        if not (is_whole(logprobs) and 0 <= logprobs <= config.vocab_size):
            raise ValueError(f"logprobs {logprobs!r}: expected a whole number from 0 to {config.vocab_size}")
        stream = TextStream(self._tokenizer, stop, ids)
        if max_new_tokens is None or max_new_tokens > left:
            return _Text(ids, sampling, left, "context", self._eos_token_ids, stream, logprobs)
        return _Text(ids, sampling, max_new_tokens, "length", self._eos_token_ids, stream, logprobs)

    def _run(self, texts: Sequence["_Text"]) -> Iterator[tuple[int, Token]]:
        """Yield the tokens of a batch of texts, each with the index of its text."""
        n_positions = self._model.config.n_positions
        while running := [(row, text) for row, text in enumerate(texts) if not text.finished]:
            windows = [text.window(n_positions) for _, text in running]
            # How many tokens to generate with this cache: until all texts have ended, or until the first of those
            # that slide has more tokens than the context window, and its window has to be read anew.
            lengths = [
                (text.left, n_positions + 1 - len(window)) for (_, text), window in zip(running, windows, strict=True)
            ]
            steps = int(min([max(left for left, _ in lengths), *(fits for left, fits in lengths if left >= fits)]))
            logits, cache = self._model.start(windows, max(map(len, windows)) + steps)
            for step in range(steps):
                if step:  # a text that has ended goes on with its last token, and its logits are ignored
                    left = [index for index, (_, text) in enumerate(running) if not text.finished]
                    if len(left) <= len(running) * STAYING:
                        running, cache = [running[index] for index in left], self._model.select(cache, left)
                    last = [text.generated[-1] for _, text in running]
                    logits = self._model.extend(np.array(last)[:, None], cache)
                for (row, text), scores in zip(running, logits, strict=True):
                    if not text.finished:
                        yield row, text.next(scores)
                if all(text.finished for _, text in running):
                    return


@dataclass
class _Text:
    """One text of a batch: its prompt, its own settings and random numbers, and the tokens generated so far."""

    prompt: list[int]
    sampling: Sampling
    limit: float  # how many tokens to generate at most
    finish_reason: FinishReason  # why it ends at the limit, until it ends earlier for another reason
    eos_token_ids: Collection[int]
    stream: TextStream
    logprobs: int
    generated: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.finished = not self.left
        self._start = 0
        self._rng = np.random.RandomState(self.sampling.seed)

    @property
    def left(self) -> float:
        """How many tokens the text may still grow by."""
        return self.limit - len(self.generated)

    def window(self, n_positions: int) -> list[int]:
        """The part of the text that the model reads. When that has more than ``n_positions`` tokens, the last half."""
        ids = [*self.prompt, *self.generated]
        if len(ids) - self._start > n_positions:
            self._start = len(ids) - (n_positions + 1) // 2
        return ids[self._start :]

    def next(self, logits: Logits) -> Token:
        """Choose a token from the logits [vocab_size]."""
        id = choose(logits, self.sampling, self.prompt, self.generated, self._rng)
        self.generated.append(id)
        text = self.stream.update(self.generated)
        if self.stream.stopped:
            self.finished, self.finish_reason = True, "stop"
        elif id in self.eos_token_ids:
            self.finished, self.finish_reason = True, "eos"
        elif not self.left:
            self.finished = True
        if self.finished:
            text += self.stream.finish(self.generated)
        reason = self.finish_reason if self.finished else None
        return Token(id, text, float(log_softmax(logits)[id]), top_logprobs(logits, self.logprobs), reason)


def load_generator(
    checkpoint: Checkpoint, device: Device, weights: str = "float32", tokenizer: Tokenizer | None = None
) -> Generator:
    """Load a checkpoint to generate text with. The first time the model is compiled, see ``load_cached_model``.

    Args:
        weights: the type that weights are stored as, see ``load_cached_model``.
        tokenizer: that of the checkpoint, where it has been loaded already.

    Raises:
        CheckpointError: the tokenizer or the weights cannot be read, or do not fit the model.
    """
    if tokenizer is None:
        tokenizer = load_tokenizer(checkpoint.folder, checkpoint.config.vocab_size)
    return Generator(load_cached_model(checkpoint, device, weights), tokenizer, checkpoint.eos_token_ids)
