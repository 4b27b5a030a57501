"""Step 02: the causal mask adds nothing to the past, and leaves nothing of the future.

Any large negative number closes the future as well as -inf: exp(-10000) is 0 in float32.
"""

import numpy as np
import pytest
from max.dtype import DType

from compare import CheckFailure, assert_shape, comparison, tensor

CLOSED = -1e4
LONG = 1030  # more than any buffer holds
KNOWN = {"seq_length": np.array(5), "axis": np.array(3)}


def mask_of(step, device, seq_length):
    """The mask as a NumPy array, once it has the right shape."""
    seq_length = int(seq_length)
    mask = step.causal_mask(seq_length, DType.float32, device)
    return assert_shape(mask, (seq_length, seq_length), device, "the mask")


def assert_none(wrong, mask, expected):
    """No entry of the mask is wrong: each of those should be what is expected."""
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        found = mask[row, column]
        raise CheckFailure(
            f"mask[{row}, {column}] = {expected:g}",
            f"{found:g}",
            "0 * -inf is not a number." if np.isnan(found) else None,
            observed=mask if len(mask) < LONG else None,
            comparison=comparison(mask, np.full_like(mask, expected), np.where(wrong, np.inf, 0.0), 0.0, "the mask"),
        )


@pytest.mark.todo(1)
def test_no_token_may_look_at_the_future(step, device, expected):
    """No token may look at the future: the mask is -inf above the diagonal"""
    mask = mask_of(step, device, expected["seq_length"])
    assert_none(np.triu(~(mask <= CLOSED), k=1), mask, -np.inf)


@pytest.mark.todo(2)
def test_every_token_may_look_at_itself(step, device, expected):
    """Every token may look at itself: the mask is 0 on the diagonal"""
    mask = mask_of(step, device, expected["seq_length"])
    assert_none((mask != 0) & np.eye(len(mask), dtype=bool), mask, 0)


@pytest.mark.todo(2)
def test_every_token_may_look_at_the_past(step, device, expected):
    """Every token may look at the past: the mask is 0 below the diagonal"""
    mask = mask_of(step, device, expected["seq_length"])
    assert_none(np.tril(mask != 0, k=-1), mask, 0)


@pytest.mark.todo(2)
def test_one_token_sees_itself(step, device):
    """For a text of one token the mask is a single 0"""
    mask = mask_of(step, device, 1)
    assert_none(mask != 0, mask, 0)


@pytest.mark.todo(2, 1)
def test_long_texts_are_masked_like_short_ones(step, device):
    """A text of 1,030 tokens is masked like a short one"""
    mask = mask_of(step, device, LONG)
    is_future = np.triu(np.ones((LONG, LONG), dtype=bool), k=1)
    assert_none(is_future & ~(mask <= CLOSED), mask, -np.inf)
    assert_none(~is_future & (mask != 0), mask, 0)


@pytest.mark.todo(1)
def test_dtype_is_the_one_that_is_asked_for(step, device):
    """The mask has the dtype that is asked for"""
    # They are not computed: float64 would need kernels of its own.
    for dtype in (DType.float64, DType.float32):
        mask = step.causal_mask(3, dtype, device)
        if getattr(mask, "dtype", None) != dtype:
            raise CheckFailure(
                f"a mask in {dtype.name}",
                f"one in {getattr(mask, 'dtype', type(mask).__name__)}",
                "mask.astype(dtype.to_numpy()) brings a NumPy array to the dtype that is asked for.",
            )


@pytest.mark.todo(1)
def test_length_can_come_from_a_shape(step, device, expected):
    """The length can be an axis of another tensor's shape"""
    length = int(expected["axis"])
    seq_length = tensor(np.zeros((length, 2), np.float32), device).shape[0]
    mask = step.causal_mask(seq_length, DType.float32, device)
    assert_shape(mask, (length, length), device, "the mask")
