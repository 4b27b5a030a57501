"""Step 02, everything at once."""

import numpy as np
import pytest
from max.dtype import DType

from compare import CheckFailure, assert_shape, tensor

CLOSED = -1e4


@pytest.mark.todo(2, 1)
def test_masks_of_any_length_are_right_everywhere(step, device, rng):
    """A mask of any length is right everywhere, whether the length is a number or an axis, and when asked again"""
    lengths = [1, 2, 1024, *rng.integers(3, 128, size=rng.integers(2, 5)), *rng.integers(128, 1024, size=2)]
    lengths += [rng.choice(lengths), rng.integers(1025, 1400)]
    for length in rng.permutation(lengths).tolist():
        by_axis = rng.random() < 0.5
        asked = tensor(np.zeros((length, 1), np.float32), device).shape[0] if by_axis else length
        mask = assert_shape(step.causal_mask(asked, DType.float32, device), (length, length), device, "the mask")
        future = np.triu(np.ones((length, length), dtype=bool), k=1)
        wrong = np.where(future, ~(mask <= CLOSED), mask != 0)
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            wanted = -np.inf if future[row, column] else 0
            raise CheckFailure(f"mask[{row}, {column}] = {wanted:g} for {length} tokens", f"{mask[row, column]:g}")
