"""The windows of a text that a model reads: drawn for a step, or one after another to judge it."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from course.refusal import Refusal
from training.model import GPT2

READ_AT_ONCE = 16


class Windows:
    """Draws windows of one long stream in which a single `<|endoftext|>` comes before each document.

    Where documents are shorter than a window, half of the windows begin at the first word of one, as prompts do.
    """

    def __init__(self, documents: list[NDArray[np.int64]], length: int, seed: int) -> None:
        """
        Raises:
            Refusal: all documents together are shorter than a window.
        """
        self.stream = np.concatenate(documents)
        self.length, self.seed = length, seed
        self.last = len(self.stream) - length - 1
        if self.last < 0:
            raise Refusal(f"the text has {len(self.stream):,} tokens, fewer than a context of {length} wants")
        firsts = np.cumsum([0, *map(len, documents[:-1])]) + 1
        is_short = len(self.stream) < length * len(documents)
        self.firsts = firsts[firsts <= self.last] if is_short else np.array([], int)

    def draw(self, step: int, batch: int) -> Tensor:
        """The windows of a step, [batch, length + 1]: the same ones whenever they are drawn."""
        random = np.random.default_rng([self.seed, step])
        starts = random.integers(self.last + 1, size=batch)
        if len(self.firsts):
            starts[batch // 2 :] = random.choice(self.firsts, size=batch - batch // 2)
        return torch.from_numpy(self.stream[starts[:, None] + np.arange(self.length + 1)])


def in_order(documents: list[NDArray[np.int64]], length: int) -> list[NDArray[np.int64]]:
    """Windows of up to ``length`` + 1 tokens that predict each token of a text once.

    Each begins with the last token of the one before it, or with the `<|endoftext|>` before a document.
    """
    return [
        document[start : start + length + 1] for document in documents for start in range(0, len(document) - 1, length)
    ]


@torch.no_grad()
def nats(model: GPT2, windows: list[NDArray[np.int64]]) -> float:
    """Minus the logarithm of the probability of all tokens but the first of each window, added up."""
    total = 0.0
    for start in range(0, len(windows), READ_AT_ONCE):
        several = [torch.from_numpy(window) for window in windows[start : start + READ_AT_ONCE]]
        ids = torch.nn.utils.rnn.pad_sequence(several, batch_first=True, padding_value=-1)  # [windows, length + 1]
        logits = model(ids[:, :-1].clamp(min=0))
        total += F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), ignore_index=-1, reduction="sum").item()
    return total


def mean_nats(model: GPT2, windows: list[NDArray[np.int64]]) -> float:
    return nats(model, windows) / sum(len(window) - 1 for window in windows)
