"""Hugging Face's transformers on PyTorch: the model and its cache, without the cost of ``generate``."""

from collections.abc import Callable
from pathlib import Path

import torch
from transformers import DynamicCache, GPT2LMHeadModel
from transformers.utils import logging

from benchmarks.peers.protocol import CORES, DEVICE, serve


class Transformers:
    def __init__(self, checkpoint: Path, weights: str) -> None:
        logging.disable_progress_bar()
        torch.set_num_threads(CORES)
        torch.set_grad_enabled(False)
        dtype = getattr(torch, weights)
        self.model = GPT2LMHeadModel.from_pretrained(checkpoint, dtype=dtype, attn_implementation="sdpa").eval()
        self.model.to(DEVICE.replace("gpu", "cuda"))

    def ids(self, rows: list[list[int]]) -> torch.Tensor:
        return torch.tensor(rows, device=self.model.device)

    @torch.inference_mode()
    def extend(self, ids: torch.Tensor, cache: DynamicCache) -> torch.Tensor:
        return self.model(ids, cache=cache, use_cache=True, logits_to_keep=1).logits[:, -1]

    def generate(self, prompts: list[list[int]], steps: int, on_tokens: Callable) -> None:
        cache = DynamicCache(config=self.model.config)
        tokens = self.extend(self.ids(prompts), cache).argmax(dim=-1)
        on_tokens(tokens.tolist())
        for _ in range(steps):
            tokens = self.extend(tokens[:, None], cache).argmax(dim=-1)
            on_tokens(tokens.tolist())

    def score(self, prompt: list[int], tokens: list[int]) -> torch.Tensor:
        cache = DynamicCache(config=self.model.config)
        rows = [self.extend(self.ids([prompt]), cache)[0]]
        for token in tokens[:-1]:
            rows.append(self.extend(self.ids([[token]]), cache)[0])
        return torch.stack(rows).float().cpu()


if __name__ == "__main__":
    serve(Transformers)
