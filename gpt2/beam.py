"""Beam search: instead of the likeliest token each time, it looks for a text that is likely as a whole.

It suits tasks with one right answer, such as translation. Its stories are dull and repeat themselves
(Holtzman et al., 2019, https://arxiv.org/abs/1904.09751).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from gpt2.kv_cache import CachedModel
from gpt2.sampling import Sampling, reweigh, top_logprobs


@dataclass(frozen=True)
class Beam:
    """A continuation of a prompt, and the log-probability of all its tokens together."""

    ids: list[int]
    logprob: float

    @property
    def score(self) -> float:
        """The mean log-probability of a token. By the sum, short texts would always win."""
        return self.logprob / len(self.ids)


def beam_search(
    model: CachedModel, prompt: Sequence[int], beams: int, max_new_tokens: int, eos_token_ids: Collection[int]
) -> list[Beam]:
    """Extend ``beams`` texts side by side by one token at a time, and of all extensions keep the likeliest.

    The search is over when ``beams`` texts have ended, or after ``max_new_tokens``. It does what Hugging
    Face's ``generate`` does with ``num_beams`` and ``early_stopping``.

    Returns:
        The best ``beams`` texts that were found, those with the highest score first.

    Raises:
        ValueError: a logit is not a number.
    """
    # Candidates to look at: though each beam may end in as many as there are ends, as many others go on.
    count = max(2, 1 + len(eos_token_ids)) * beams
    logits, cache = model.start([prompt], len(prompt) + max_new_tokens)
    growing: Sequence[Beam] = [Beam([], 0.0)]
    ended: list[Beam] = []
    while True:
        candidates = [
            (row, Beam([*beam.ids, id], beam.logprob + logprob))
            for row, (beam, scores) in enumerate(zip(growing, logits, strict=True))
            for id, logprob in top_logprobs(reweigh(scores, Sampling(), [], []), min(count, len(scores)))
        ]
        candidates.sort(key=lambda candidate: candidate[1].logprob, reverse=True)
        grown: list[tuple[int, Beam]] = []
        for rank, (row, beam) in enumerate(candidates[:count]):
            if beam.ids[-1] not in eos_token_ids:
                grown.append((row, beam))
            elif rank < beams:
                ended.append(beam)
        rows, growing = zip(*grown[:beams], strict=True)
        full = len(growing[0].ids) == max_new_tokens
        if full:
            ended += growing
        if full or len(ended) >= beams:
            return sorted(ended, key=lambda beam: beam.score, reverse=True)[:beams]
        cache = model.select(cache, rows)
        logits = model.extend(np.array([beam.ids[-1:] for beam in growing]), cache)
