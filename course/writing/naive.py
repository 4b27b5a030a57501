"""Step 14's loop, which reads the whole text again for each token, with step 13's model; or a learner's step 16."""

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tokenizers import Tokenizer

from course.writing.loading import loading
from course.writing.own_cache import OwnCache
from course.writing.own_steps import own_trace
from gpt2.checkpoint import Checkpoint
from gpt2.sampling import Sampling, log_softmax, top_logprobs
from gpt2.tokenizer import TextStream

if TYPE_CHECKING:
    from max.driver import Device
    from max.experimental.tensor import Tensor

    from gpt2.generator import FinishReason, Token
    from solutions.solution_16 import KVCache

FILTERS = 17  # the step that makes them


def without_filters(sampling: Sampling) -> Sampling:
    """The settings that do not ask for one of step 17's filters."""
    return replace(sampling, top_k=None, top_p=1.0, min_p=0.0, repetition_penalty=1.0)


class NaiveLoop:
    """Step 13's model in step 14's loop: the solutions', or the learner's; or their step 16 in the place of both."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        tokenizer: Tokenizer,
        device: str | None,
        steps: Path | None,
        own_cache: bool = False,
    ) -> None:
        """
        Args:
            device: as for ``runtime.start``.
            steps: where the learner's steps are, if the loop is to be theirs.
            own_cache: let their step 16 write, if it can be compiled.
        """
        self._tokenizer = tokenizer
        self._ends = checkpoint.eos_token_ids or [None]
        with loading(device, kernels=True) as self._device:
            self.cache = _load_cache(checkpoint, self._device, steps) if steps and own_cache else None
            self._model: Callable[..., Any] = self.cache or _load(checkpoint, self._device, steps)

    def write(
        self,
        ids: list[int],
        sampling: Sampling,
        max_new_tokens: int,
        logprobs: int,
        begin: Callable[[], None],
        told: Callable[["Token"], None],
    ) -> "FinishReason":
        """Generate a text after a prompt.

        Args:
            ids: the prompt.
            logprobs: how many of the most probable tokens to tell of in the place of each.
            begin: called each time before the model reads the text.
            told: called with each token.

        Returns:
            Why the text ended.
        """
        from max.experimental.tensor import Tensor

        from course.runtime.gather import gathered
        from gpt2.generator import Token

        stream = TextStream(self._tokenizer, prompt=ids)
        end, *further_ends = self._ends
        scores = np.zeros(0)  # [vocab_size], the logits after the text that the model has read last
        text: list[int] = []  # which that is

        def tell(new: list[int], piece: str, reason: "FinishReason | None") -> None:
            told(Token(new[-1], piece, float(log_softmax(scores)[new[-1]]), top_logprobs(scores, logprobs), reason))

        def telling_model(tokens: "Tensor", cache: "list[KVCache] | None" = None) -> Any:
            nonlocal scores, text
            begin()
            read = _array(tokens)[0].tolist()
            text = text + read if self.cache else read  # step 14 calls the model with the whole text, 16 with the rest
            new = text[len(ids) :]
            if new:
                is_end = new[-1] in further_ends  # the steps know of one end alone
                tell(new, stream.update(new), "eos" if is_end else None)
                if is_end:
                    raise _End
            logits, *kept = self._model(tokens, cache) if self.cache else (self._model(tokens),)
            scores = _array(logits[0, -1])
            if is_filtered:
                logits = filtered(logits, Tensor(np.array([text]), device=self._device), sampling)
            return (logits, *kept) if kept else logits

        is_filtered = without_filters(sampling) != sampling
        if sampling.seed is not None:
            np.random.seed(sampling.seed)
        with gathered(), suppress(_End):
            tokens = self._loop()(
                telling_model,
                Tensor(np.array([ids]), device=self._device),
                max_new_tokens=max_new_tokens,
                temperature=1.0 if is_filtered else sampling.temperature,
                do_sample=sampling.temperature > 0,
                eos_token_id=end,
            )
            new = _array(tokens)[0].tolist()[len(ids) :]
            reason: FinishReason = "eos" if new and new[-1] == end else "length"
            if new:
                tell(new, stream.finish(new), reason)
            return reason
        return "eos"

    def _loop(self) -> "Callable[..., Tensor]":
        if self.cache:
            from solutions.solution_16 import generate_with_cache

            return generate_with_cache
        from solutions.solution_14 import generate_tokens

        return generate_tokens


def filtered(logits: "Tensor", tokens: "Tensor", sampling: Sampling) -> "Tensor":
    """What the filters of step 17 that are asked for make of logits [1, seq_length, vocab_size]: [1, 1, vocab_size].

    They are divided by the temperature, which comes between the penalty and the other filters, as in Hugging Face's
    ``generate``.
    """
    from max.experimental import functional as F

    from solutions.solution_17 import keep_min_p, keep_top_k, keep_top_p, penalize_repetition

    last = logits[:, -1]  # [1, vocab_size]
    if sampling.repetition_penalty != 1:
        last = penalize_repetition(last, tokens, sampling.repetition_penalty)
    if sampling.temperature > 0:
        last = last / sampling.temperature
    if sampling.top_k is not None:
        last = keep_top_k(last, sampling.top_k)
    if sampling.top_p < 1:
        last = keep_top_p(last, sampling.top_p)
    if sampling.min_p > 0:
        last = keep_min_p(last, sampling.min_p)
    return F.unsqueeze(last, 1)


def _load(checkpoint: Checkpoint, device: "Device", steps: Path | None) -> "Callable[[Tensor], Tensor]":
    from gpt2.loading import load_model, load_uncompiled_model

    try:
        return load_model(checkpoint, device)
    except Exception as error:
        if steps is None or not (lines := own_trace(error, steps)[1]):
            raise
        model = load_uncompiled_model(checkpoint, device)
        print(
            "Your model runs without being compiled, which is slower: MAX compiles it before there is a text, "
            f"and here a step asks for a number that only a text has, such as its length:\n  {lines[-1]}",
            file=sys.stderr,
        )
        return model


def _load_cache(checkpoint: Checkpoint, device: "Device", steps: Path) -> OwnCache | None:
    """Step 16's model; nothing, and a word about why, where it cannot be compiled."""
    try:
        return OwnCache(checkpoint, device)
    except Exception as error:
        told, lines = own_trace(error, steps)
        if not lines:
            raise
        print(f"Your KV cache is not used, for MAX cannot compile it: {told}\n  {lines[-1]}", file=sys.stderr)
        return None


class _End(Exception):
    """The text has come to its end."""


def _array(tensor: "Tensor") -> np.ndarray:
    from max.driver import CPU

    return np.from_dlpack(tensor.to(CPU()))
