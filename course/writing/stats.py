"""How long a text took, how it ended, and what tells it again."""

import time
from typing import TYPE_CHECKING

from gpt2.sampling import Sampling

if TYPE_CHECKING:
    from gpt2.generator import FinishReason

ENDINGS: dict["FinishReason", str] = {
    "length": "It has as many tokens as were asked for.",
    "eos": "The model ended it.",
    "stop": "It came to one of the --stop texts.",
    "context": "The context window is full: --slide goes on.",
}


class Stopwatch:
    """Takes the times of one text."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()
        self._first: float | None = None

    def token(self) -> None:
        """A token is there."""
        self._first = self._first or time.perf_counter() - self._begun

    def summary(self, prompt: int, count: int, reason: "FinishReason", sampling: Sampling) -> str:
        """What there is to say at the end of a text: of how many tokens after how many, and why it ended."""
        seconds = time.perf_counter() - self._begun
        told = f"{prompt} tokens read, {count} written in {seconds:.2f} s"
        if self._first is not None and count:
            told += f": {count / seconds:,.0f} a second, the first after {self._first * 1e3:,.0f} ms"
        again = f" --seed {sampling.seed} tells it again." if sampling.temperature else ""
        return f"{told}. {ENDINGS[reason]}{again}"
