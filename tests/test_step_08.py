"""Step 08: each token collects the values of itself and its past, weighed by how well the keys match.

Where a result can be worked out on paper, it is: with equal scores attention is an average, and
weighing values of 1 gives 1, because the weights sum to 1.
"""

import numpy as np
import pytest

from compare import assert_close, tensor, values


def attend(step, device, query, key, value):
    arrays = (tensor(np.float32(array), device) for array in (query, key, value))
    return step.compute_attention(*arrays)


@pytest.mark.todo(1)
def test_scores_are_divided_by_the_root_of_head_dim(step, device):
    """Scores are divided by sqrt(head_dim)"""
    # The last of three tokens scores 0 for the others and 2 ln 6 for itself, with head_dim 4.
    # Divided by 2 that is ln 6: its own value 1 weighs 6 against 1 and 1.
    query, key, value = np.zeros((3, 1, 3, 4))
    query[0, 2, 0], key[0, 2, 0], value[0, 2] = 2 * np.log(6), 1.0, 1.0
    weighed = np.array([[[np.nan] * 4, [np.nan] * 4, [0.75] * 4]])  # whatever the other tokens get
    assert_close(attend(step, device, query, key, value), weighed, 1e-5, device)


@pytest.mark.todo(2)
def test_equal_scores_give_the_average_of_the_past(step, device):
    """With equal scores each token gets the average of the values up to its own"""
    # Values 0, 2, 4, 6 average to 0, 1, 2, 3.
    value = np.array([0.0, 2.0, 4.0, 6.0]).reshape(1, 4, 1) * np.ones(3)
    zeros = np.zeros((1, 4, 3))
    assert_close(attend(step, device, zeros, zeros, value), value / 2, 1e-5, device)


@pytest.mark.todo(2)
def test_future_tokens_do_not_change_the_past(step, device, expected):
    """Other tokens at the end of a text change nothing before it"""
    query, key, value = (expected[name].copy() for name in ("query", "key", "value"))
    before = values(attend(step, device, query, key, value), device)
    before[..., 4:, :] = np.nan  # whatever comes at the end itself
    query[..., 4:, :] = value[..., 4:, :] = 5.0
    # However well they match: the token before them scores 70 for them.
    last = query[..., 3:4, :]
    key[..., 4:, :] = 70 * last.shape[-1] ** 0.5 * last / (last**2).sum(axis=-1, keepdims=True)
    assert_close(attend(step, device, query, key, value), before, 1e-5, device)


@pytest.mark.todo(3)
def test_weights_of_each_token_sum_to_one(step, device, expected):
    """The weights of each token sum to 1: values of 1 stay 1"""
    ones = np.ones_like(expected["value"])
    result = attend(step, device, expected["query"], expected["key"], ones)
    assert_close(result, ones, 1e-5, device)


@pytest.mark.todo(4)
def test_first_token_gets_its_own_value(step, device, expected):
    """The first token has nothing but itself to look at: it gets its own value"""
    first = expected["value"].copy()
    first[..., 1:, :] = np.nan  # whatever the others get
    result = attend(step, device, expected["query"], expected["key"], expected["value"])
    assert_close(result, first, 1e-5, device)
    alone = [expected[name][..., :1, :] for name in ("query", "key", "value")]
    assert_close(attend(step, device, *alone), alone[2], 1e-5, device)


@pytest.mark.todo(4, 3, 2, 1)
def test_attention_follows_the_formula(step, device, cases):
    """Attention follows the formula, for a batch with an axis of heads and without, whatever the sizes"""
    for case in cases:
        for heads in (slice(None), -1):
            query, key, value, output = (case[name][:, heads] for name in ("query", "key", "value", "output"))
            assert_close(attend(step, device, query, key, value), output, 1e-4, device)


@pytest.mark.todo(3)
def test_large_scores_do_not_overflow(step, device):
    """Scores of a thousand and more are turned into weights, too"""
    # Beyond 89 an exponential is infinite in float32: the softmax has to take the largest score off first.
    query = key = np.full((1, 2, 1), 40.0)
    key = key * np.array([1.0, 2.0]).reshape(1, 2, 1)  # scores 1600 and 3200: the second one takes everything
    value = np.array([3.0, 5.0]).reshape(1, 2, 1)
    help = "The exponential of a score beyond 89 is infinite."
    assert_close(attend(step, device, query, key, value), value, 1e-5, device, help=help)


@pytest.mark.todo(2)
def test_long_texts_are_masked_like_short_ones(step, device):
    """A text of 1,030 tokens is masked like a short one"""
    # With equal scores each token gets the average of the values up to its own: of 0, 1, 2, ... half of it.
    value = np.arange(1030.0).reshape(1, 1030, 1)
    zeros = np.zeros_like(value)
    assert_close(attend(step, device, zeros, zeros, value), value / 2, 1e-2, device)
