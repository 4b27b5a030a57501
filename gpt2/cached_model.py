"""What a model remembers of the texts of a batch, so that each token is computed once.

Without a cache, each new token costs a pass over the whole text. But what attention needs of an
earlier token, its keys and values, never changes: the mask hides the future from it.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from max.driver import CPU, Buffer
from numpy.typing import NDArray

from solutions.solution_01 import GPT2Config


@dataclass
class Cache:
    """The keys and values of a batch of texts, which end together: short ones are padded in front."""

    buffer: Buffer  # in a layout that is the model's own matter
    padding: NDArray[np.int64]  # [batch], how many places at the start of a text hold no token
    length: int = 0  # how many places are in use


class CachedModel(ABC):
    """A compiled GPT-2 that texts go through piece by piece."""

    _batch_axis: int  # of the cache's buffer

    def __init__(self, config: GPT2Config) -> None:
        self.config = config

    def start(self, prompts: Sequence[Sequence[int]], capacity: int) -> tuple[NDArray, Cache]:
        """Read the prompts (prefill).

        Args:
            prompts: the ids of texts of any lengths, none of them empty.
            capacity: how many tokens the longest text will have in the end.

        Returns:
            Logits of the next tokens [batch, vocab_size], and the cache.
        """
        longest = max(map(len, prompts))
        padding = np.array([longest - len(prompt) for prompt in prompts])
        ids = np.array([[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts])
        cache = Cache(self._buffer(len(prompts), capacity), padding)
        return self.extend(ids, cache), cache

    def extend(self, ids: NDArray[np.int64], cache: Cache) -> NDArray:
        """Go on with the texts in ``cache``, which grows, by ``ids`` [batch, seq_length].

        Returns:
            Logits of the next tokens [batch, vocab_size].
        """
        places = np.arange(cache.length, cache.length + ids.shape[1])
        # Padding has no position, nor has what is appended to a text that has ended: any will do.
        positions = np.clip(places - cache.padding[:, None], 0, self.config.n_positions - 1)
        logits = self._forward(ids, positions, cache)
        cache.length += ids.shape[1]
        return logits

    def select(self, cache: Cache, rows: Sequence[int]) -> Cache:
        """A cache of the texts ``rows`` of another one, of which any may be there more than once, or not at all."""
        taken = np.take(cache.buffer.to(CPU()).to_numpy(), rows, axis=self._batch_axis)
        return Cache(Buffer.from_numpy(taken).to(cache.buffer.device), cache.padding[list(rows)], cache.length)

    @abstractmethod
    def _buffer(self, batch: int, capacity: int) -> Buffer:
        """Room for the keys and values of so many texts of so many tokens."""

    @abstractmethod
    def _forward(self, ids: NDArray[np.int64], positions: NDArray[np.int64], cache: Cache) -> NDArray:
        """Score what follows ``ids`` [batch, seq_length], and put their keys and values into the cache's buffer.

        Returns:
            Logits of the next tokens [batch, vocab_size].
        """
