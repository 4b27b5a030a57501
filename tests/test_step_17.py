"""Step 17: each filter keeps the tokens that it should, leaves their logits alone, and takes the others out.

The small cases have four tokens, and their answers are worked out on paper. Where floats may round to either side, at
the edge of a sum, no check asks. What transformers makes of larger ones comes from its logits processors.
"""

import numpy as np
import pytest

from compare import CheckFailure, assert_close, assert_shape, assert_value_error, tensor

OUT = -np.inf  # the logit of a token that is taken out

# Two rows of different answers. None of these logarithms is a sum that is 1 already: the softmax has to be taken.
HALVES = np.array([[3 / 16, 1 / 2, 1 / 16, 1 / 4], [1 / 10, 1 / 10 + 1 / 50, 2 / 25, 7 / 10]])

FAR = 100.0  # so far below 0 GPT-2's logits can lie, all of them, where float32 has no exponentials any more


def logits_of(probabilities):
    """Logits whose softmax these are."""
    return np.float32(np.log(probabilities) - 20.0)


def kept(logits, *columns):
    """These logits with all taken out but those of these columns, row by row."""
    stay = np.array([[column in row for column in range(logits.shape[1])] for row in columns])
    return np.where(stay, logits, OUT)


def assert_logits(result, wanted, device, help=None):
    assert_close(result, np.asarray(wanted, np.float64), 1e-4, device, "the logits", help)


def accepted(function, setting, *given):
    """What the filter makes of these tensors with a setting that is possible."""
    try:
        return function(*given, setting)
    except ValueError as error:
        raise CheckFailure(
            f"a result for {setting:g}", f"{type(error).__name__}: {error}", observed="refused"
        ) from error


def assert_filters(step, name, logits, setting, device, *columns):
    """The filter keeps these columns, row by row, as they are."""
    result = accepted(getattr(step, name), setting, tensor(logits, device))
    assert_logits(result, kept(logits, *columns), device)


def assert_leaves(step, name, logits, setting, device):
    """The filter leaves these logits as they are."""
    assert_logits(accepted(getattr(step, name), setting, tensor(logits, device)), logits, device)


def assert_leaves_what_is_alone(step, name, settings, device):
    """Where all tokens but one have been taken out already, the filter keeps that one, and no NaN arises."""
    logits = np.float32([[OUT, OUT, -3.0, OUT], [7.0, OUT, OUT, OUT]])
    for setting in settings:
        assert_leaves(step, name, logits, setting, device)


def assert_is_that_of_transformers(step, name, setting, device, cases):
    for case in cases:
        result = getattr(step, name)(tensor(case["logits"], device), case[setting].item())
        assert_logits(result, case[name], device, f"Here {setting.removesuffix('_p')} is {case[setting].item():.6g}.")


# Top-k


@pytest.mark.todo(1)
def test_top_k_keeps_the_k_largest(step, device):
    """Of four logits keep_top_k keeps the 2 largest, in each row its own, and then the 3 largest"""
    logits = np.float32([[1.0, 4.0, -2.0, 3.0], [-1.0, -5.0, -3.0, -4.0]])
    assert_filters(step, "keep_top_k", logits, 2, device, (1, 3), (0, 2))
    assert_filters(step, "keep_top_k", logits, 3, device, (0, 1, 3), (0, 2, 3))


@pytest.mark.todo(1)
def test_top_1_leaves_the_best(step, device):
    """With k = 1 the largest logit of each row is left"""
    logits = np.float32([[1.0, 4.0, -2.0, 3.0], [-1.0, -5.0, -3.0, -4.0]])
    assert_filters(step, "keep_top_k", logits, 1, device, (1,), (0,))


@pytest.mark.todo(1)
def test_ties_with_the_last_of_k_stay(step, device):
    """Tokens that tie with the last of the k are kept as well"""
    logits = np.float32([[2.0, 1.0, 5.0, 2.0], [0.5, 0.5, 0.5, 0.5]])
    assert_filters(step, "keep_top_k", logits, 2, device, (0, 2, 3), (0, 1, 2, 3))


@pytest.mark.todo(1)
@pytest.mark.parametrize("k", [4, 5, 1000])
def test_k_from_the_vocabulary_on_keeps_all(step, device, k):
    """A k as large as the vocabulary, or larger, keeps all tokens"""
    assert_leaves(step, "keep_top_k", np.float32([[1.0, 4.0, -2.0, 3.0], [9.0, -5.0, -80.0, 0.0]]), k, device)


@pytest.mark.todo(1)
def test_top_k_is_that_of_transformers(step, device, cases):
    """Of any logits keep_top_k keeps what transformers keeps"""
    assert_is_that_of_transformers(step, "keep_top_k", "k", device, cases)


@pytest.mark.todo(1)
def test_top_k_leaves_what_is_alone(step, device):
    """keep_top_k after another filter: what was taken out stays out, though fewer than k are left"""
    assert_leaves_what_is_alone(step, "keep_top_k", (1, 3), device)


@pytest.mark.todo(1)
def test_top_k_refuses_an_impossible_k(step, device):
    """A k of 0 or less is refused, and the message names it"""
    for k in (-3, 0):
        assert_value_error(lambda k=k: step.keep_top_k(tensor(np.zeros((2, 4), np.float32), device), k), abs(k))


# Top-p


@pytest.mark.todo(2)
def test_top_p_keeps_what_reaches_p(step, device):
    """keep_top_p keeps the likeliest tokens up to and with the one by which they reach p, in each row its own"""
    # 1/2 and 1/4 reach 0.6, and 0.7 does alone. 0.8 needs 3/16 more, and 0.12 more. 0.97 needs all, and all.
    logits = logits_of(HALVES)
    assert_filters(step, "keep_top_p", logits, 0.6, device, (1, 3), (3,))
    assert_filters(step, "keep_top_p", logits, 0.8, device, (0, 1, 3), (1, 3))
    assert_filters(step, "keep_top_p", logits, 0.97, device, (0, 1, 2, 3), (0, 1, 2, 3))
    assert_filters(step, "keep_top_p", logits - FAR, 0.6, device, (1, 3), (3,))


@pytest.mark.todo(2)
def test_top_p_never_takes_out_the_likeliest(step, device):
    """However small p is, the likeliest token is kept"""
    assert_filters(step, "keep_top_p", logits_of(HALVES), 1e-5, device, (1,), (3,))


@pytest.mark.todo(2)
def test_p_of_one_keeps_all(step, device, rng_logits):
    """With p = 1 all tokens are kept, be they so unlikely that float32 cannot add them any more"""
    assert_leaves(step, "keep_top_p", np.float32([[0.0, -12.0, -40.0, -200.0], [5.0, 5.0, 5.0, 5.0]]), 1.0, device)
    assert_leaves(step, "keep_top_p", rng_logits, 1.0, device)
    assert_leaves(step, "keep_top_p", np.float32([[-40.0, 0.0, -60.0, -200.0]]), 1.0, device)


@pytest.fixture(scope="module")
def rng_logits():
    """Many logits that are nearly equal, whose probabilities do not add up to 1 in float32."""
    return np.float32(0.1 * np.random.default_rng(17).standard_normal((2, 3000)))


@pytest.mark.todo(2)
def test_enough_of_what_ties_stays(step, device):
    """Of tokens that are equally likely keep_top_p keeps all, or as many as reach p"""
    # Row 0: 0.4, then 0.2 three times. 0.7 needs two of the three. Row 1: four times 1/4, of which it needs three.
    probabilities = np.array([[0.2, 0.4, 0.2, 0.2], [0.25, 0.25, 0.25, 0.25]])
    logits = logits_of(probabilities)
    array = assert_shape(step.keep_top_p(tensor(logits, device), 0.7), logits.shape, device, "the logits")
    stay = array > OUT
    reached = (probabilities * stay).sum(axis=-1)
    if (reached < 0.7).any() or not stay[0, 1]:
        raise CheckFailure("kept tokens of probability 0.7 or more together", f"{reached.min():.2f}", observed=array)
    assert_logits(tensor(array, device), np.where(stay, logits, OUT), device)


@pytest.mark.todo(2)
def test_top_p_is_that_of_transformers(step, device, cases):
    """Of any logits keep_top_p keeps what transformers keeps"""
    assert_is_that_of_transformers(step, "keep_top_p", "top_p", device, cases)


@pytest.mark.todo(2)
def test_top_p_leaves_what_is_alone(step, device):
    """keep_top_p after another filter: the one token that is left is kept"""
    assert_leaves_what_is_alone(step, "keep_top_p", (0.3, 0.9, 1.0), device)


@pytest.mark.todo(2)
def test_top_p_refuses_an_impossible_p(step, device):
    """A p of 0 or less, or of more than 1, is refused by keep_top_p, and the message names it"""
    for p in (0, -3, 2):
        assert_value_error(lambda p=p: step.keep_top_p(tensor(np.zeros((2, 4), np.float32), device), p), abs(p))


# Min-p


@pytest.mark.todo(3)
def test_min_p_compares_with_the_likeliest(step, device):
    """keep_min_p keeps what is at least p times as likely as the likeliest token of its row"""
    # Row 0: 0.3 times 1/2 is 0.15, row 1: 0.3 times 0.7 is 0.21. Then 0.1 times them, 0.05 and 0.07.
    logits = logits_of(HALVES)
    assert_filters(step, "keep_min_p", logits, 0.3, device, (0, 1, 3), (3,))
    assert_filters(step, "keep_min_p", logits, 0.1, device, (0, 1, 2, 3), (0, 1, 2, 3))
    # Of four tokens that are nearly equally likely, none is below 0.9 times the likeliest: about 0.25, all of them.
    assert_filters(step, "keep_min_p", np.float32([[0.0, 0.01, 0.02, 0.03]]), 0.9, device, (0, 1, 2, 3))
    assert_filters(step, "keep_min_p", logits - FAR, 0.3, device, (0, 1, 3), (3,))


@pytest.mark.todo(3)
def test_min_p_of_zero_keeps_all(step, device):
    """With p = 0 all tokens are kept, the unlikeliest too"""
    assert_leaves(step, "keep_min_p", np.float32([[0.0, -12.0, -40.0, -200.0], [5.0, 5.0, 5.0, 5.0]]), 0.0, device)


@pytest.mark.todo(3)
def test_min_p_of_one_leaves_the_likeliest(step, device):
    """With p = 1 the likeliest token is left, and what ties with it"""
    logits = np.float32([[1.0, 4.0, -2.0, 3.0], [2.0, -1.0, 2.0, 0.0]])
    assert_filters(step, "keep_min_p", logits, 1.0, device, (1,), (0, 2))


@pytest.mark.todo(3)
def test_min_p_is_that_of_transformers(step, device, cases):
    """Of any logits keep_min_p keeps what transformers keeps"""
    assert_is_that_of_transformers(step, "keep_min_p", "min_p", device, cases)


@pytest.mark.todo(3)
def test_min_p_leaves_what_is_alone(step, device):
    """keep_min_p after another filter: the one token that is left is kept"""
    assert_leaves_what_is_alone(step, "keep_min_p", (0.0, 0.3, 1.0), device)


@pytest.mark.todo(3)
def test_min_p_refuses_an_impossible_p(step, device):
    """A p below 0 or above 1 is refused by keep_min_p, and the message names it"""
    for p in (-3, -1, 2):
        assert_value_error(lambda p=p: step.keep_min_p(tensor(np.zeros((2, 4), np.float32), device), p), abs(p))


# The repetition penalty


@pytest.mark.todo(4)
def test_what_occurs_is_penalized(step, device):
    """Logits of tokens in the text are divided by the penalty if positive, multiplied if negative; others stay"""
    logits = np.float32([[6.0, -1.0, 3.0, -4.0], [0.5, 2.0, -3.0, 8.0]])
    result = step.penalize_repetition(tensor(logits, device), tensor([[0, 1], [2, 3]], device), 2.0)
    assert_logits(result, [[3.0, -2.0, 3.0, -4.0], [0.5, 2.0, -6.0, 4.0]], device)


@pytest.mark.todo(4)
def test_what_occurs_often_is_penalized_once(step, device):
    """A token that occurs three times is penalized like one that occurs once"""
    logits = np.float32([[6.0, -1.0, 3.0, -4.0], [0.5, 2.0, -3.0, 8.0]])
    result = step.penalize_repetition(tensor(logits, device), tensor([[1, 1, 0, 1], [3, 3, 3, 2]], device), 2.0)
    assert_logits(result, [[3.0, -2.0, 3.0, -4.0], [0.5, 2.0, -6.0, 4.0]], device)


@pytest.mark.todo(4)
def test_a_penalty_below_one_encourages(step, device):
    """A penalty of 0.5 makes what occurs likelier, and one of 1 changes nothing"""
    logits = np.float32([[6.0, -1.0, 3.0, -4.0]])
    for penalty, wanted in ((0.5, [[12.0, -1.0, 3.0, -2.0]]), (1.0, logits)):
        given = tensor(logits, device), tensor([[3, 0]], device)
        result = accepted(step.penalize_repetition, penalty, *given)
        assert_logits(result, wanted, device)


@pytest.mark.todo(4)
def test_the_penalty_is_that_of_transformers(step, device, cases):
    """For any texts penalize_repetition gives what transformers gives"""
    for case in cases:
        given = tensor(case["logits"], device), tensor(case["input_ids"], device)
        assert_logits(step.penalize_repetition(*given, case["penalty"].item()), case["penalize_repetition"], device)


@pytest.mark.todo(4)
def test_what_was_taken_out_stays_out_under_a_penalty(step, device):
    """A token that a filter has taken out stays out, whether it occurs or not"""
    logits = np.float32([[OUT, 2.0, OUT, OUT], [-4.0, OUT, OUT, 1.0]])
    for penalty in (0.5, 2.0):
        result = step.penalize_repetition(tensor(logits, device), tensor([[0, 1], [0, 1]], device), penalty)
        assert_logits(result, [[OUT, 2.0 / penalty, OUT, OUT], [-4.0 * penalty, OUT, OUT, 1.0]], device)


@pytest.mark.todo(4)
def test_an_impossible_penalty_is_refused(step, device):
    """A penalty of 0 or less is refused, and the message names it"""
    logits, ids = np.zeros((2, 4), np.float32), [[1], [2]]
    for penalty in (-3, 0):
        call = lambda p=penalty: step.penalize_repetition(tensor(logits, device), tensor(ids, device), p)  # noqa: E731
        assert_value_error(call, abs(penalty))


# All of them


@pytest.mark.todo(4, 1, 2, 3)
def test_filters_follow_one_another_as_in_transformers(step, device, cases):
    """A penalty, top-k, top-p and min-p, one after another, leave what transformers leaves"""
    for case in cases:
        logits = step.penalize_repetition(
            tensor(case["logits"], device), tensor(case["input_ids"], device), case["penalty"].item()
        )
        logits = step.keep_top_k(logits, case["all_k"].item())
        logits = step.keep_top_p(logits, case["all_top_p"].item())
        assert_logits(step.keep_min_p(logits, case["all_min_p"].item()), case["all"], device)
