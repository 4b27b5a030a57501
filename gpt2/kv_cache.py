"""The key-value cache of a batch of texts, and what the models on a CPU and on a GPU have in common.

Without a cache, each new token costs a pass over the whole text. But all that attention needs of an earlier token are
its keys and values, and these never change, because the causal mask hides later tokens from it. So they are kept.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from max.driver import CPU, Buffer
from numpy.typing import NDArray

from gpt2.batching import passes
from gpt2.sampling import Logits
from solutions.solution_01 import GPT2Config


@dataclass
class KVCache:
    """The keys and values of a batch of texts.

    Texts of different lengths are padded in front, so that the last tokens of all of them are at the same index.

    Attributes:
        buffer: memory for the keys and values, in the layout of the model that reads it.
        padding: [batch], how many indices at the start of each text hold no token.
        length: how many indices of the buffer are in use, padding included.
    """

    buffer: Buffer
    padding: NDArray[np.int64]
    length: int = 0


class CachedModel(ABC):
    """A compiled GPT-2 which reads only the new tokens of a text, and the rest from a cache."""

    _batch_axis: int  # which axis of the cache's buffer counts the texts

    def __init__(self, config: GPT2Config) -> None:
        self.config = config

    def start(self, prompts: Sequence[Sequence[int]], capacity: int) -> tuple[Logits, KVCache]:
        """Read the prompts (prefill).

        Args:
            prompts: the ids of texts of any lengths, none of them empty.
            capacity: how many tokens the longest text will have in the end.

        Returns:
            Logits of the next tokens [batch, vocab_size], and the cache.
        """
        longest = max(map(len, prompts))
        logits = np.empty((len(prompts), self.config.vocab_size), np.float32)
        parts = []
        for rows in passes([len(prompt) for prompt in prompts]):
            padding = [longest - len(prompts[row]) for row in rows]
            begin = min(padding)  # before it there is nothing to be computed
            ids = np.array([[0] * (pads - begin) + list(prompts[row]) for row, pads in zip(rows, padding, strict=True)])
            cache = KVCache(self._new_buffer(len(rows), capacity), np.array(padding), begin)
            logits[rows] = self.extend(ids, cache)
            parts.append((rows, cache))
        return logits, self._join(parts)

    def extend(self, ids: NDArray[np.int64], cache: KVCache) -> Logits:
        """Append ``ids`` [batch, seq_length] to the texts of ``cache``, which grows.

        Returns:
            Logits of the next tokens [batch, vocab_size].
        """
        indices = np.arange(cache.length, cache.length + ids.shape[1])
        # Padding, and what is appended to a text that has ended, may get any position: nobody reads their logits.
        positions = np.clip(indices - cache.padding[:, None], 0, self.config.n_positions - 1)
        logits = self._forward(ids, positions, cache)
        cache.length += ids.shape[1]
        return logits

    def select(self, cache: KVCache, rows: Sequence[int]) -> KVCache:
        """A new cache of the texts ``rows`` of ``cache``, in that order; a row may be given several times."""
        taken = np.take(cache.buffer.to(CPU()).to_numpy(), rows, axis=self._batch_axis)
        return KVCache(Buffer.from_numpy(taken).to(cache.buffer.device), cache.padding[list(rows)], cache.length)

    def _join(self, parts: Sequence[tuple[Sequence[int], KVCache]]) -> KVCache:
        """One cache made of several of the same length. Of each, the rows to take are given with it."""
        _, first = parts[0]
        if len(parts) == 1:
            return first
        batch = sum(len(rows) for rows, _ in parts)
        shape = list(first.buffer.shape)
        shape[self._batch_axis] = batch
        joined, padding = np.empty(shape, np.float32), np.empty(batch, np.int64)
        by_text = np.moveaxis(joined, self._batch_axis, 0)
        for rows, cache in parts:
            by_text[rows] = np.moveaxis(cache.buffer.to(CPU()).to_numpy(), self._batch_axis, 0)
            padding[rows] = cache.padding
        return KVCache(Buffer.from_numpy(joined).to(first.buffer.device), padding, first.length)

    @abstractmethod
    def _new_buffer(self, batch: int, capacity: int) -> Buffer:
        """Memory for the keys and values of ``batch`` texts of ``capacity`` tokens, all of it 0.

        Padding is never seen; but if it held NaN, that would show even when multiplied by a weight of 0.
        """

    @abstractmethod
    def _forward(self, ids: NDArray[np.int64], positions: NDArray[np.int64], cache: KVCache) -> Logits:
        """Score what follows ``ids`` [batch, seq_length], and put their keys and values into the cache's buffer.

        Returns:
            Logits of the next tokens [batch, vocab_size].
        """
