"""Draws from logits that tell a right sampler from a wrong one, for step 14.

One token, the favourite, stands against 20,000 others of nearly equal logits. Its logit gives it a known share of the
draws at the right temperature. At another temperature it gets nearly all of them or hardly any, and where powers of 2
stand in for powers of e too few; and whoever tosses a coin in place of a softmax does not know the share.
The others slope a little: a sampler that keeps only the most likely ones shows too.

How long to draw is settled as in Wald's sequential test. A sampler is wrong once its draws are a million times likelier
with other shares, and right once they are a thousand times likelier than by any of the rivals.
"""

from collections.abc import Callable, Mapping
from functools import cache
from math import comb, log

import numpy as np
import pytest
from toy_models import OTHERS, chosen

AT_ONCE = 6
LIMIT = 120  # draws at each temperature
# A right sampler is taken for a wrong one less often than once in a million times (Ville's inequality).
WRONG = log(1e6)
RIGHT = log(1e3)
SLOPE = np.linspace(0.0, -0.5, OTHERS)  # the others' logits, divided by the temperature

Counts = dict[float, tuple[int, int]]  # for each temperature the draws of the favourite, and of the others


def logits_of(temperature: float, favourite: int, share: float) -> np.ndarray:
    """Logits [OTHERS + 1] of which softmax(logits / temperature) gives the favourite's id this share."""
    # The logits of GPT-2, too, lie around -100. That changes no probability.
    return temperature * np.insert(SLOPE, favourite, _lead(share)) - 100.0


@cache
def _lead(share: float) -> float:
    """The favourite's logit, divided by the temperature."""
    return log(np.exp(SLOPE).sum()) + log(share / (1 - share))


@cache
def _stretched(factor: float, share: float) -> float:
    """The favourite's share where the logits are multiplied by this."""
    odds = np.exp(factor * _lead(share)) / np.exp(factor * SLOPE).sum()
    return float(odds / (1 + odds))


# What wrong samplers make of a share, at all temperatures; and what they make of it where they are wrong at one alone.
RIVALS: list[Callable[[float], float]] = [
    lambda share: _stretched(log(2), share),  # powers of 2
    lambda share: 0.5,  # a coin
]
EXTREMES = 1e-4, 1 - 1e-4  # of a wrong temperature, or none


def evidence_against(counts: Counts, shares: Mapping[float, float]) -> float:
    """How much likelier the draws are with a share that may be anything, as a logarithm."""
    return -sum(
        hits * log(shares[temperature])
        + misses * log(1 - shares[temperature])
        + log((hits + misses + 1) * comb(hits + misses, hits))
        for temperature, (hits, misses) in counts.items()
    )


def evidence_for(counts: Counts, shares: Mapping[float, float]) -> float:
    """How much likelier the draws are than by the likeliest rival, as a logarithm."""

    def against(rival: float, temperature: float) -> float:
        (hits, misses), share = counts[temperature], shares[temperature]
        return hits * log(share / rival) + misses * log((1 - share) / (1 - rival))

    everywhere = [
        sum(against(rival(share), temperature) for temperature, share in shares.items())
        for rival in RIVALS
        if any(rival(share) != share for share in shares.values())
    ]
    return min(*everywhere, *(against(extreme, temperature) for extreme in EXTREMES for temperature in counts))


def is_settled(counts: Counts, shares: Mapping[float, float]) -> bool:
    """Whether the sampler is seen to be right, or wrong."""
    return evidence_against(counts, shares) > WRONG or evidence_for(counts, shares) > RIGHT


@pytest.fixture(scope="module")
def shares(expected):
    """The favourite's share of the draws at each temperature."""
    return dict(zip(expected["balanced"].tolist(), expected["shares"].tolist(), strict=True))


@pytest.fixture(scope="module")
def draw(step, device, expected, shares):
    """Draws at a temperature: 0 is the favourite, 1 the likeliest of the others, and so on."""
    favourites = dict(zip(shares, expected["ends"].tolist(), strict=True))

    def ranks(temperature, count):
        settings = {"temperature": temperature, "do_sample": True}
        favourite = favourites[temperature]
        logits = logits_of(temperature, favourite, shares[temperature])
        tokens = chosen(step, device, logits, *[settings] * count)
        return [0 if token == favourite else token + (token < favourite) for token in tokens]

    return ranks


@pytest.fixture(scope="module")
def draws(draw, shares):
    """A function that draws at all temperatures until the sampler is seen to be right or wrong. It does so once."""

    @cache
    def drawn():
        ranks = {temperature: [] for temperature in shares}
        for _ in range(LIMIT // AT_ONCE):
            for temperature in ranks:
                ranks[temperature] += draw(temperature, AT_ONCE)
            if is_settled(counts_of(ranks), shares):
                break
        return ranks

    return drawn


def counts_of(ranks: Mapping[float, list[int]]) -> Counts:
    """How often the favourite has been drawn at each temperature, and how often another."""
    return {temperature: (each.count(0), len(each) - each.count(0)) for temperature, each in ranks.items()}


def side(hits: int, misses: int, share: float) -> int:
    """-1 where a token of this share hardly ever comes up, 1 where hardly anything else does, else 0."""
    if hits < (hits + misses) * share / 4:
        return -1
    return int(misses < (hits + misses) * (1 - share) / 4)
