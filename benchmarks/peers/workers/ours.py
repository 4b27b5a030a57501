"""The course's own engine."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from max.driver import CPU, Accelerator

from benchmarks.peers.protocol import DEVICE, serve
from gpt2.checkpoint import open_checkpoint
from gpt2.loading import load_cached_model


class Ours:
    def __init__(self, checkpoint: Path, weights: str) -> None:
        self.model = load_cached_model(
            open_checkpoint(str(checkpoint)), CPU() if DEVICE == "cpu" else Accelerator(), weights
        )

    def generate(self, prompts: list[list[int]], steps: int, on_tokens: Callable) -> None:
        logits, cache = self.model.start(prompts, len(prompts[0]) + steps)
        on_tokens(tokens := logits.argmax(axis=-1))
        for _ in range(steps):
            on_tokens(tokens := self.model.extend(tokens[:, None], cache).argmax(axis=-1))

    def score(self, prompt: list[int], tokens: list[int]) -> np.ndarray:
        logits, cache = self.model.start([prompt], len(prompt) + len(tokens))
        rows = [logits[0]]
        for token in tokens[:-1]:
            rows.append(self.model.extend(np.array([[token]]), cache)[0])
        return np.stack(rows)


if __name__ == "__main__":
    serve(Ours)
