"""Draws from logits that tell a right sampler from a wrong one, for step 14.

One token, the favourite, stands against 20,000 others of nearly equal logits. The
favourite's logit is such that at the right temperature it comes up in half of the draws. At
half or twice that temperature it comes up in 99.9 % or in under 1 % of them, and where powers
of 2 stand in for powers of e in 4 %. So drawing goes on until both kinds have come up four
times, ten draws or so, and for thirty-six at most.
The others slope a little: a sampler that keeps only the most likely ones shows too.
"""

from functools import cache

import numpy as np
import pytest
from toy_models import OTHERS, chosen

DRAWS = 36
LEAST = 4  # a correct sampler brings up either kind less often with a probability of 2e-7


def balanced_logits(temperature, favourite):
    """Logits [OTHERS + 1] with softmax(logits / temperature) = 1/2 at the favourite's id."""
    others = np.linspace(0.0, -0.5, OTHERS)
    # The logits of GPT-2, too, lie around -100. That changes no probability.
    return temperature * np.insert(others, favourite, np.log(np.exp(others).sum())) - 100.0


@pytest.fixture(scope="module")
def favourites(expected):
    """The favourite's id at each temperature, from low to high: the last one, too, has to come up."""
    return dict(zip(expected["balanced"].tolist(), expected["ends"].tolist()))


@pytest.fixture(scope="module")
def draw(step, device, favourites):
    """Draws at a temperature from its balanced logits: 0 is the favourite, 1 the likeliest of the others, and so on."""

    def ranks(temperature, count):
        settings = {"temperature": temperature, "do_sample": True}
        favourite = favourites[temperature]
        tokens = chosen(step, device, balanced_logits(temperature, favourite), *[settings] * count)
        return [0 if token == favourite else token + (token < favourite) for token in tokens]

    return ranks


@pytest.fixture(scope="module")
def draws(draw):
    """A function from a temperature to draws at it, until there are enough of both kinds. They are drawn once."""

    @cache
    def of(temperature):
        drawn = draw(temperature, 2 * LEAST)
        while len(drawn) < DRAWS and not LEAST <= drawn.count(0) <= len(drawn) - LEAST:
            drawn += draw(temperature, 2)
        return drawn

    return of
