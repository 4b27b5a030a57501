"""Step 16's model with the learner's own KV cache, compiled, and what the cache saves."""

import time
from typing import TYPE_CHECKING

import numpy as np

from gpt2.checkpoint import Checkpoint

if TYPE_CHECKING:
    from max.driver import Device
    from max.experimental.tensor import Tensor

    from solutions.solution_16 import KVCache


class OwnCache:
    """The model that step 16's loop asks. It takes the time of each call."""

    def __init__(self, checkpoint: Checkpoint, device: "Device") -> None:
        from gpt2.loading import compile_model_with_cache

        self._model, self._nothing = compile_model_with_cache(checkpoint, device)
        self._device = device
        self._lengths: list[int] = []  # of the last text after each call
        self._seconds: list[float] = []  # that each call took

    def __call__(self, input_ids: "Tensor", cache: "list[KVCache] | None" = None) -> "tuple[Tensor, list[KVCache]]":
        """Logits of what follows the new ids, and the cache of all of the text so far."""
        if cache is None:  # a text begins
            self._lengths, self._seconds = [], []
        self._lengths.append(sum(self._lengths[-1:]) + int(input_ids.shape[1]))
        begun = time.perf_counter()
        logits, cache = self._read(input_ids, cache or self._nothing)
        self._seconds.append(time.perf_counter() - begun)
        return logits, cache

    def saved(self) -> str:
        """How long the last text took the model, and how long it would have without the cache.

        Without it each call reads the whole text. Three of these are timed, the first, the middle and the last one:
        attention grows with the square of the length, and Simpson's rule makes the mean of such a curve of them.
        """
        from max.experimental.tensor import Tensor

        took = []
        for place in (0, len(self._lengths) // 2, -1):
            text = Tensor(np.zeros((1, self._lengths[place]), np.int64), device=self._device)
            begun = time.perf_counter()
            self._read(text, self._nothing)
            took.append(time.perf_counter() - begun)
        count, with_it = len(self._seconds), sum(self._seconds)
        without = count * float(np.dot(took, (1, 4, 1))) / 6
        return (
            f"With your cache the model took {with_it:.2f} s for {count} tokens. Reading the whole text again for each "
            f"of them takes it {without:.2f} s: {without / with_it:.1f} times as long."
        )

    def _read(self, input_ids: "Tensor", cache: "list[KVCache]") -> "tuple[Tensor, list[KVCache]]":
        """Ask the model, and wait until it is done."""
        from max.driver import CPU

        logits, kept = self._model(input_ids, cache)
        np.from_dlpack(logits.to(CPU()))
        return logits, kept
