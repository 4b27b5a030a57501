"""Step 02: the causal mask adds nothing to the past, and leaves nothing of the future.

Any large negative number closes the future as well as -inf: exp(-10000) is 0 in float32.
"""

import numpy as np
import pytest
from compare import CheckFailure, assert_shape, tensor
from max.dtype import DType

CLOSED = -1e4


def mask_of(step, device, seq_length):
    """The mask as a NumPy array, once it has the right shape."""
    mask = step.causal_mask(seq_length, DType.float32, device)
    return assert_shape(mask, (seq_length, seq_length), device, "the mask")


@pytest.mark.todo(1)
def test_no_token_may_look_at_the_future(step, device):
    """No token may look at the future: above the diagonal stands -inf"""
    mask = mask_of(step, device, 5)
    for row, column in zip(*np.triu_indices(5, k=1)):
        if not mask[row, column] <= CLOSED:
            raise CheckFailure(f"mask[{row}, {column}] = -inf", f"{mask[row, column]:g}", observed=mask)


@pytest.mark.todo(2)
def test_every_token_may_look_at_itself(step, device):
    """Every token may look at itself: 0 stands on the diagonal"""
    mask = mask_of(step, device, 5)
    if np.diagonal(mask).any():
        raise CheckFailure("0 on the diagonal", str(np.diagonal(mask)), observed=mask)


@pytest.mark.todo(2)
def test_every_token_may_look_at_the_past(step, device):
    """Every token may look at the past: 0 stands below the diagonal"""
    mask = mask_of(step, device, 5)
    for row, column in zip(*np.tril_indices(5, k=-1)):
        if mask[row, column] != 0:
            help = "0 * -inf is not a number." if np.isnan(mask[row, column]) else None
            raise CheckFailure(f"mask[{row}, {column}] = 0", f"{mask[row, column]:g}", help, observed=mask)


@pytest.mark.todo(2)
def test_one_token_sees_itself(step, device):
    """For a text of one token the mask is a single 0"""
    mask = mask_of(step, device, 1)
    if mask != 0:
        raise CheckFailure("[[0]]", str(mask), observed=mask)


@pytest.mark.todo(1)
def test_length_can_come_from_a_shape(step, device):
    """The length can be an axis of another tensor's shape"""
    seq_length = tensor(np.zeros((3, 2), np.float32), device).shape[0]
    mask = step.causal_mask(seq_length, DType.float32, device)
    assert_shape(mask, (3, 3), device, "the mask")
