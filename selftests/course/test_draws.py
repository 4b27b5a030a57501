"""How step 14's checks judge a sampler: by simulated draws, right ones and wrong ones."""

import numpy as np
import pytest

from draws import AT_ONCE, LIMIT, RIVALS, WRONG, evidence_against, is_settled, logits_of

TIMES = 1000
KNOWN = {0.25: 0.5, 4.0: 0.5}
DRAWN = {0.3: 0.22, 1.1: 0.78, 4.5: 0.24}


def simulated(rng, true, shares):
    """What is drawn of favourites that have these true shares, until it is settled."""
    counts = dict.fromkeys(shares, (0, 0))
    for _ in range(LIMIT // AT_ONCE):
        for temperature, (hits, misses) in counts.items():
            new = rng.binomial(AT_ONCE, true[temperature])
            counts[temperature] = hits + new, misses + AT_ONCE - new
        if is_settled(counts, shares):
            break
    return counts


@pytest.mark.parametrize("shares", [KNOWN, DRAWN], ids=["known", "drawn"])
def test_a_right_sampler_is_seen_to_be_right_before_long(shares):
    rng = np.random.default_rng(1)
    found = [simulated(rng, shares, shares) for _ in range(TIMES)]
    assert not any(evidence_against(counts, shares) > WRONG for counts in found)
    drawn = [sum(map(sum, counts.values())) for counts in found]
    assert np.mean(drawn) < (24 if shares is KNOWN else 70)


def caught(true, shares) -> float:
    rng = np.random.default_rng(2)
    return sum(evidence_against(simulated(rng, true, shares), shares) > WRONG for _ in range(TIMES)) / TIMES


@pytest.mark.parametrize("shares", [KNOWN, DRAWN], ids=["known", "drawn"])
@pytest.mark.parametrize("rival", RIVALS)
def test_a_rival_is_seen_to_be_wrong(rival, shares):
    true = {temperature: rival(share) for temperature, share in shares.items()}
    assert caught(true, shares) >= 0.99 or true == shares  # a coin is right where it is to be one


@pytest.mark.parametrize("wrong", [0.0, 0.007, 0.9999, 1.0])
@pytest.mark.parametrize("shares", [KNOWN, DRAWN], ids=["known", "drawn"])
def test_a_wrong_temperature_is_seen_wherever_it_is(wrong, shares):
    for temperature in shares:
        assert caught({**shares, temperature: wrong}, shares) >= 0.9
    assert caught(dict.fromkeys(shares, wrong), shares) >= 0.99


def test_a_coin_of_any_weight_is_seen_to_be_wrong():
    assert min(caught(dict.fromkeys(DRAWN, weight), DRAWN) for weight in (0.1, 0.5, 0.6, 0.9)) >= 0.9


@pytest.mark.parametrize("temperature", [0.25, 1.0, 4.0])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_the_favourite_has_its_share(temperature, share):
    scaled = logits_of(temperature, 7, share) / temperature
    probabilities = np.exp(scaled - scaled.max())
    assert probabilities[7] / probabilities.sum() == pytest.approx(share)
