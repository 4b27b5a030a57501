"""Text from a model: token by token as it comes, or many completions at once."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Literal

import numpy as np
from max.driver import Device
from numpy.typing import NDArray
from tokenizers import Tokenizer

from gpt2.beam import beam_search
from gpt2.cached_model import CachedModel
from gpt2.checkpoint import Checkpoint
from gpt2.loading import load_cached_model
from gpt2.sampling import Sampling, choose, log_softmax, reweigh, top_logprobs
from gpt2.tokenizer import TextStream, encode, load_tokenizer

# Why a text ended: max_new_tokens, the model's end of text, a stop string, n_positions.
FinishReason = Literal["length", "eos", "stop", "context"]


@dataclass(frozen=True)
class Token:
    """One token of a completion, and what it adds to the text.

    ``text`` is empty while a character is not whole, or may yet become a stop string; the last
    token brings all that was held back. Log-probabilities are the model's own, before any filter.
    """

    id: int
    text: str
    logprob: float
    top_logprobs: list[tuple[int, float]]
    finish_reason: FinishReason | None  # of the last token


@dataclass(frozen=True)
class Completion:
    """What a model made of a prompt, which is not part of it."""

    text: str
    tokens: list[Token]
    finish_reason: FinishReason


class Generator:
    """A GPT-2 that writes.

        model = load_generator(open_checkpoint("models/storyteller"), CPU())
        for token in model.stream("Once upon a time", Sampling(top_p=0.9, seed=1)):
            print(token.text, end="", flush=True)

    All methods raise ``ValueError``, naming the value, for what cannot be: a prompt that is empty or
    longer than ``n_positions`` tokens, ids that the vocabulary does not have, impossible settings.
    """

    def __init__(self, model: CachedModel, tokenizer: Tokenizer, eos_token_id: int | None) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._eos_token_id = eos_token_id

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
            max_new_tokens: without it the text goes on until it ends or the context is full.
            slide: when the context is full, go on with the last half of it, and take only that
                much of a prompt that is too long. Positions are absolute, so this half is read
                again from position 0: by and large each token is computed twice.
            stop: texts that end the completion, and are no part of it.
            logprobs: how many of the likeliest tokens to tell with each token.
        """
        text = self._text(prompt, sampling, max_new_tokens, slide, stop, logprobs)
        return (token for _, token in self._run([text]))

    def generate(
        self,
        prompts: Sequence[str | Sequence[int]],
        sampling: Sampling | Sequence[Sampling] = Sampling(),
        *,
        max_new_tokens: int | None = None,
        slide: bool = False,
        stop: Sequence[str] = (),
        logprobs: int = 0,
    ) -> list[Completion]:
        """Complete several prompts at once. Each ends by itself, and is what ``stream`` makes of it alone.

        Args:
            sampling: one for all, or one for each prompt.
        """
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
        config, ids = self._model.config, self._ids(prompt)
        if not 1 <= beams < config.vocab_size:
            raise ValueError(f"beams {beams}: expected 1 to {config.vocab_size - 1}")
        if max_new_tokens < 1:
            raise ValueError(f"max_new_tokens {max_new_tokens}: expected 1 or more")
        if (room := config.n_positions - len(ids)) < 1:
            raise ValueError(f"the prompt has {len(ids)} tokens, and the model's context window no more than that")
        found = beam_search(self._model, ids, beams, min(max_new_tokens, room), self._eos_token_id)
        return [(TextStream(self._tokenizer).finish(beam.ids), beam.score) for beam in found]

    def _ids(self, prompt: str | Sequence[int]) -> list[int]:
        ids = encode(self._tokenizer, prompt) if isinstance(prompt, str) else list(prompt)
        vocab_size = self._model.config.vocab_size
        if not ids:
            raise ValueError("the prompt is empty: expected at least one token")
        if outside := [id for id in ids if not 0 <= id < vocab_size]:
            raise ValueError(f"id {outside[0]} in the prompt: expected 0 to {vocab_size - 1}")
        return ids

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
        ids = self._ids(prompt)
        room = math.inf if slide else config.n_positions - len(ids)
        if room < 0:
            raise ValueError(f"the prompt has {len(ids)} tokens, the model's context window {config.n_positions}")
        reweigh(np.zeros(config.vocab_size), sampling, [], [])  # which finds ids that are not there, and all banned
        if max_new_tokens is not None and max_new_tokens < 0:
            raise ValueError(f"max_new_tokens {max_new_tokens}: expected 0 or more")
        if isinstance(stop, str) or not all(stop):
            raise ValueError(f"stop {stop!r}: expected a list of texts, none of them empty")
        if not 0 <= logprobs <= config.vocab_size:
            raise ValueError(f"logprobs {logprobs}: expected 0 to {config.vocab_size}")
        if max_new_tokens is None or max_new_tokens > room:
            limit, reason = room, "context"
        else:
            limit, reason = max_new_tokens, "length"
        stream = TextStream(self._tokenizer, stop)
        return _Text(ids, sampling, limit, reason, self._eos_token_id, stream, logprobs)

    def _run(self, texts: Sequence["_Text"]) -> Iterator[tuple[int, Token]]:
        """Yield the tokens of a batch of texts, each with the number of its text."""
        size = self._model.config.n_positions
        while running := [(row, text) for row, text in enumerate(texts) if not text.finished]:
            windows = [text.window(size) for _, text in running]
            # Tokens until all texts have ended, or the first of those that slide has outgrown its context.
            rooms = [(text.left, size + 1 - len(window)) for (_, text), window in zip(running, windows, strict=True)]
            turns = min([max(left for left, _ in rooms), *(room for left, room in rooms if left >= room)])
            logits, cache = self._model.start(windows, max(map(len, windows)) + turns)
            for turn in range(turns):
                if turn:  # a text that has ended goes on with its last token, which nobody looks at
                    last = [text.generated[-1] for _, text in running]
                    logits = self._model.extend(np.array(last)[:, None], cache)
                for (row, text), scores in zip(running, logits, strict=True):
                    if not text.finished:
                        yield row, text.next(scores)
                if all(text.finished for _, text in running):
                    return


@dataclass
class _Text:
    """A text that grows: its prompt, its own settings and random numbers, and what is generated so far."""

    prompt: list[int]
    sampling: Sampling
    limit: float  # of generated tokens
    finish_reason: FinishReason  # at the limit; another one may come first
    eos_token_id: int | None
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

    def window(self, size: int) -> list[int]:
        """What of the text a model reads that has a context of this size. It slides when it has to."""
        ids = [*self.prompt, *self.generated]
        if len(ids) - self._start > size:
            self._start = len(ids) - (size + 1) // 2
        return ids[self._start :]

    def next(self, logits: NDArray) -> Token:
        """Choose a token from the logits [vocab_size]."""
        id = choose(logits, self.sampling, self.prompt, self.generated, self._rng)
        self.generated.append(id)
        text = self.stream.update(self.generated)
        if self.stream.stopped:
            self.finished, self.finish_reason = True, "stop"
        elif id == self.eos_token_id:
            self.finished, self.finish_reason = True, "eos"
        elif not self.left:
            self.finished = True
        if self.finished:
            text += self.stream.finish(self.generated)
        reason = self.finish_reason if self.finished else None
        return Token(id, text, float(log_softmax(logits)[id]), top_logprobs(logits, self.logprobs), reason)


def load_generator(checkpoint: Checkpoint, device: Device, weights: str = "float32") -> Generator:
    """Load a checkpoint to write with. It is compiled first where it has to be, as ``load_cached_model`` says.

    Args:
        weights: what they are kept as, as for ``load_cached_model``.

    Raises:
        CheckpointError: the tokenizer or the weights cannot be read, or do not fit the model.
    """
    tokenizer = load_tokenizer(checkpoint.folder, checkpoint.config.vocab_size)
    return Generator(load_cached_model(checkpoint, device, weights), tokenizer, checkpoint.eos_token_id)
