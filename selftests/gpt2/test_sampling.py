"""Sampling does what its names say: by hand on four tokens, and as the processors of transformers do it."""

import math
import re

import numpy as np
import pytest

from course.curriculum.steps import ROOT
from gpt2.sampling import (
    Sampling,
    add_bias,
    ban,
    choose,
    draw,
    keep_min_p,
    keep_top_k,
    keep_top_p,
    log_softmax,
    narrow,
    penalize_frequency,
    penalize_presence,
    penalize_repetition,
    reweigh,
    scale,
    top_logprobs,
)

# Four tokens that have these probabilities.
FOUR = np.log([0.1, 0.4, 0.2, 0.3])
FOUR.flags.writeable = False  # filters make new rows


def probabilities(logits):
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()


def kept(logits):
    return np.flatnonzero(logits > -np.inf).tolist()


# By hand


def test_temperature_two_halves_the_distances_between_logits():
    np.testing.assert_allclose(scale(np.array([1.0, 5.0, 3.0, 2.0]), 2.0), [-2.0, 0.0, -1.0, -1.5])


def test_temperature_one_leaves_the_probabilities():
    np.testing.assert_allclose(probabilities(scale(FOUR, 1.0)), [0.1, 0.4, 0.2, 0.3])


@pytest.mark.parametrize("temperature", [1e-320, 0.0])
def test_a_tiny_temperature_and_none_leave_the_likeliest_token(temperature):
    assert kept(scale(FOUR, temperature)) == [1]


@pytest.mark.parametrize(("k", "ids"), [(1, [1]), (2, [1, 3]), (3, [1, 2, 3]), (4, [0, 1, 2, 3]), (9, [0, 1, 2, 3])])
def test_top_k_keeps_the_k_likeliest(k, ids):
    assert kept(keep_top_k(FOUR, k)) == ids


def test_top_k_keeps_those_that_tie_with_the_last():
    assert kept(keep_top_k(np.array([1.0, 3.0, 2.0, 2.0]), 2)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("p", "ids"), [(1e-9, [1]), (0.39, [1]), (0.41, [1, 3]), (0.69, [1, 3]), (0.71, [1, 2, 3]), (0.95, [0, 1, 2, 3])]
)
def test_top_p_keeps_the_fewest_that_reach_p(p, ids):
    assert kept(keep_top_p(FOUR, p)) == ids


def test_top_p_keeps_all_where_rounding_hides_that_they_reach_it():
    for seed in range(9):  # the sums of some end below one
        logits = np.random.default_rng(seed).standard_normal(1000)
        assert len(kept(keep_top_p(logits, np.nextafter(1, 0)))) > 990


def test_top_p_sees_only_what_an_earlier_filter_left():
    # Of tokens 1 and 3 the first has 4/7 = 0.57 by itself.
    assert kept(keep_top_p(keep_top_k(FOUR, 2), 0.5)) == [1]
    assert kept(keep_top_p(keep_top_k(FOUR, 2), 0.6)) == [1, 3]


@pytest.mark.parametrize(
    ("p", "ids"), [(0.0, [0, 1, 2, 3]), (0.2, [0, 1, 2, 3]), (0.3, [1, 2, 3]), (0.6, [1, 3]), (1.0, [1])]
)
def test_min_p_keeps_what_is_p_times_as_likely_as_the_likeliest(p, ids):
    assert kept(keep_min_p(FOUR, p)) == ids


def test_what_is_kept_keeps_its_logit():
    for filtered in (keep_top_k(FOUR, 2), keep_top_p(FOUR, 0.6), keep_min_p(FOUR, 0.6)):
        np.testing.assert_array_equal(filtered, [-np.inf, FOUR[1], -np.inf, FOUR[3]])


def test_repetition_divides_logits_above_zero_and_multiplies_those_below():
    np.testing.assert_array_equal(penalize_repetition(np.array([4.0, -4.0, 1.0, -1.0]), [1, 0, 0], 2.0), [2, -8, 1, -1])


def test_presence_counts_once_and_frequency_each_time():
    logits = np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_array_equal(penalize_presence(logits, [3, 1, 3], 0.5), [1.0, 1.5, 3.0, 3.5])
    np.testing.assert_array_equal(penalize_frequency(logits, [3, 1, 3], 0.5), [1.0, 1.5, 3.0, 3.0])


def test_bias_is_added_and_banned_ids_have_no_chance():
    np.testing.assert_array_equal(add_bias(np.array([1.0, 2.0, 3.0, 4.0]), {2: -1.5, 0: 1.0}), [2.0, 2.0, 1.5, 4.0])
    np.testing.assert_array_equal(ban(np.array([1.0, 2.0, 3.0, 4.0]), [3, 0]), [-np.inf, 2.0, 3.0, -np.inf])


def test_repetition_looks_at_the_prompt_presence_and_frequency_do_not():
    logits, prompt, generated = np.array([2.0, 2.0, 2.0, 2.0]), [0, 1], [1, 2, 2]
    sampling = Sampling(repetition_penalty=2.0, presence_penalty=0.25, frequency_penalty=0.125)
    np.testing.assert_array_equal(reweigh(logits, sampling, prompt, generated), [1.0, 0.625, 0.5, 2.0])


def test_log_probabilities_from_the_likeliest_on():
    np.testing.assert_allclose(np.exp(log_softmax(FOUR + 7)), [0.1, 0.4, 0.2, 0.3])
    (first, best), (second, next_best) = top_logprobs(FOUR + 7, 2)
    assert (first, second) == (1, 3)
    assert (best, next_best) == pytest.approx((math.log(0.4), math.log(0.3)))
    assert top_logprobs(FOUR, 0) == []


# The draw


def test_draws_have_the_probabilities():
    """Pearson's statistic of 20,000 draws, 3 degrees of freedom: above 31 in one of a million cases."""
    rng = np.random.RandomState(0)
    counts = np.bincount([draw(FOUR, rng) for _ in range(20_000)], minlength=4)
    expected = 20_000 * np.array([0.1, 0.4, 0.2, 0.3])
    assert ((counts - expected) ** 2 / expected).sum() < 31


def test_draws_are_those_of_numpy_with_the_same_seed():
    rng = np.random.RandomState(7)
    drawn = [draw(FOUR, rng) for _ in range(50)]
    np.random.seed(7)
    assert drawn == [np.random.choice(4, p=probabilities(FOUR)) for _ in range(50)]


def test_what_has_no_chance_is_never_drawn():
    class Lowest:
        def random_sample(self):
            return 0.0

    class Highest:
        def random_sample(self):
            return 1 - 2**-53

    logits = np.array([-np.inf, 0.0, -np.inf, -3.0, -np.inf])
    assert draw(logits, Lowest()) == 1
    assert draw(logits, Highest()) == 3


def test_greedy_takes_the_likeliest_of_the_reweighed_tokens():
    rng = np.random.RandomState(0)
    assert choose(FOUR, Sampling(temperature=0), [], [], rng) == 1
    assert choose(FOUR, Sampling(temperature=0, banned_ids=[1]), [], [], rng) == 3
    assert choose(FOUR, Sampling(temperature=0, logit_bias={0: 9.0}), [], [], rng) == 0
    assert {choose(np.array([1.0, 3.0, 3.0]), Sampling(temperature=0), [], [], rng) for _ in range(20)} == {1}


def test_choice_is_among_what_the_filters_leave():
    rng = np.random.RandomState(0)
    chosen = {choose(FOUR, Sampling(top_k=3, banned_ids=[1]), [], [], rng) for _ in range(200)}
    assert chosen == {0, 2, 3}
    chosen = {choose(FOUR, Sampling(top_p=0.6), [], [], rng) for _ in range(200)}
    assert chosen == {1, 3}


# As transformers does it


@pytest.fixture(scope="module")
def recorded():
    """Logits, ids, and what transformers makes of them: tools/sampling_fixtures.py says with which settings."""
    with np.load(ROOT / "tests" / "fixtures" / "sampling.npz") as arrays:
        return dict(arrays)


BIAS, BANNED = {4: 2.5, 17: -1.5}, [0, 8, 21]


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("temperature", lambda logits, ids: scale(logits, 0.7) + logits.max() / 0.7),
        ("top_k", lambda logits, ids: keep_top_k(logits, 7)),
        ("top_p", lambda logits, ids: keep_top_p(logits, 0.6)),
        ("min_p", lambda logits, ids: keep_min_p(logits, 0.1)),
        ("repetition_penalty", lambda logits, ids: penalize_repetition(logits, ids, 1.3)),
        ("logit_bias", lambda logits, ids: add_bias(logits, BIAS)),
        ("banned_ids", lambda logits, ids: ban(logits, BANNED)),
    ],
)
def test_each_filter_does_what_the_one_of_transformers_does(recorded, name, ours):
    for logits, ids, theirs in zip(recorded["logits"], recorded["ids"], recorded[name], strict=True):
        np.testing.assert_allclose(ours(logits, ids), theirs, rtol=1e-6)


def test_all_filters_together_do_what_generate_of_transformers_does(recorded):
    sampling = Sampling(0.7, 5, 0.7, 0.05, 1.3, logit_bias=BIAS, banned_ids=BANNED)
    for logits, ids, theirs in zip(recorded["logits"], recorded["ids"], recorded["all"], strict=True):
        ours = narrow(reweigh(logits, sampling, ids[:2].tolist(), ids[2:].tolist()), sampling)
        assert kept(ours) == kept(theirs)
        np.testing.assert_allclose(probabilities(ours), probabilities(theirs), rtol=1e-6)


# Bad input


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -0.5),
        ("temperature", math.nan),
        ("temperature", math.inf),
        ("top_k", -2),
        ("top_k", -3),
        ("top_p", 0.0),
        ("top_p", 1.5),
        ("top_p", math.nan),
        ("min_p", -0.1),
        ("min_p", 1.1),
        ("repetition_penalty", 0.0),
        ("repetition_penalty", math.inf),
        ("presence_penalty", math.nan),
        ("frequency_penalty", math.inf),
        ("seed", -1),
        ("seed", 2**32),
        ("seed", 1.5),
        ("seed", True),
        ("top_k", 2.5),
        ("top_k", False),
        ("temperature", "1"),
        ("temperature", None),
        ("top_p", "0.9"),
        ("logit_bias", None),
        ("logit_bias", {"x": 1.0}),
        ("banned_ids", 3),
        ("banned_ids", "3"),
    ],
)
def test_impossible_settings_are_refused_by_name_and_value(name, value):
    with pytest.raises(ValueError, match=re.escape(f"{name} {value!r}: expected")):
        Sampling(**{name: value})


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: Sampling(top_p=0.0), r"top_p 0\.0: expected"),
        (lambda: Sampling(top_k=-2), "top_k -2: expected"),
        (lambda: Sampling(min_p=2.0), r"min_p 2\.0: expected"),
        (lambda: Sampling(temperature=math.nan), "temperature nan: expected"),
        (lambda: Sampling(repetition_penalty=-1.0), r"repetition_penalty -1\.0: expected"),
        (lambda: Sampling(logit_bias={1: math.nan}), r"logit_bias \{1: nan\}: expected"),
        (lambda: Sampling(banned_ids=[7]).check_vocabulary(4), "id 7: expected 0 to 3"),
        (lambda: Sampling(banned_ids=[-1]).check_vocabulary(4), "id -1: expected 0 to 3"),
        (lambda: Sampling(logit_bias={4: 1.0}).check_vocabulary(4), "id 4: expected 0 to 3"),
        (lambda: Sampling(banned_ids=[3, 2, 1, 0, 0]).check_vocabulary(4), "no token is left: all 4 are banned"),
        (lambda: top_logprobs(FOUR, 5), "top_logprobs 5: expected 0 to 4"),
        (lambda: top_logprobs(FOUR, -1), "top_logprobs -1: expected 0 to 4"),
    ],
)
def test_what_is_impossible_is_refused_before_a_token_is_chosen(ask, message):
    with pytest.raises(ValueError, match=message):
        ask()


def test_settings_that_a_vocabulary_allows_pass():
    Sampling(banned_ids=[0, 1, 1, 2], logit_bias={3: 1.0}).check_vocabulary(4)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize(("value", "name"), [(math.nan, "nan"), (math.inf, "inf")])
def test_logits_that_are_no_numbers_are_refused(temperature, value, name):
    with pytest.raises(ValueError, match=f"the logit of token 2 is {name}"):
        choose(np.array([0.0, 1.0, value, 2.0]), Sampling(temperature), [], [], np.random.RandomState(0))


def test_that_no_token_is_left_is_said():
    with pytest.raises(ValueError, match="no token is left of 4: their logits are all minus infinity"):
        choose(FOUR, Sampling(banned_ids=range(4)), [], [], np.random.RandomState(0))
