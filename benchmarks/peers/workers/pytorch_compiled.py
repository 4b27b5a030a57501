"""Hugging Face's transformers with a static cache, compiled by PyTorch into recorded launches: its fastest on a GPU."""

from collections.abc import Callable
from pathlib import Path

import torch
from transformers import StaticCache

from benchmarks.peers.protocol import serve
from benchmarks.peers.workers.pytorch import Transformers


class Compiled(Transformers):
    """The prompt is read as it is, and each further token by the compiled model."""

    def __init__(self, checkpoint: Path, weights: str) -> None:
        super().__init__(checkpoint, weights)
        torch.set_float32_matmul_precision("highest")  # float32 that is float32, as the others compute it
        self.compiled = torch.compile(self.further, mode="reduce-overhead", fullgraph=True)
        self.caches: dict[tuple[int, int], StaticCache] = {}

    def further(self, tokens: torch.Tensor, place: torch.Tensor, cache: StaticCache) -> torch.Tensor:
        logits = self.model(tokens[:, None], past_key_values=cache, cache_position=place, use_cache=True).logits
        return logits[:, -1].argmax(dim=-1)

    @torch.inference_mode()
    def generate(self, prompts: list[list[int]], steps: int, on_tokens: Callable) -> None:
        past = len(prompts[0])
        cache = self.cache(len(prompts), past + steps)
        place = torch.arange(past, device=self.model.device)
        read = self.model(
            self.ids(prompts), past_key_values=cache, cache_position=place, use_cache=True, logits_to_keep=1
        )
        tokens = read.logits[:, -1].argmax(dim=-1)
        on_tokens(tokens.tolist())
        for step in range(steps):
            place = torch.tensor([past + step], device=self.model.device)
            tokens = self.compiled(tokens, place, cache).clone()  # a recording writes its result to one place
            on_tokens(tokens.tolist())

    def cache(self, batch: int, length: int) -> StaticCache:
        """A cache of this size, always the same one, so that what was recorded with it is of use again."""
        if (batch, length) not in self.caches:
            self.caches[batch, length] = StaticCache(config=self.model.config, max_cache_len=length)
        cache = self.caches[batch, length]
        cache.reset()
        return cache


if __name__ == "__main__":
    serve(Compiled)
