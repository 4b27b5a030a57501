"""Step 09, everything at once."""

import numpy as np
import pytest

from compare import assert_close, tensor
from solutions.solution_01 import GPT2Config


@pytest.mark.todo(2, 3)
def test_heads_of_any_number_and_size_are_split_and_merged(step, device, rng):
    """Any number of heads, of any size, is split and merged, for texts of any length"""
    drawn = rng.integers(1, 20, size=(rng.integers(2, 5), 2)).tolist()
    for n_head, size in [[12, 64], *drawn]:
        batch, length = rng.integers(1, 4).item(), rng.choice([1, rng.integers(2, 12), rng.integers(129, 200)]).item()
        x = rng.standard_normal((batch, length, n_head * size), dtype=np.float32)
        heads = x.reshape(batch, length, n_head, size).swapaxes(1, 2)
        attention = step.GPT2MultiHeadAttention(GPT2Config(n_embd=n_head * size, n_head=n_head))
        assert_close(attention.split_heads(tensor(x, device)), heads, 0.0, device, "the split x")
        assert_close(attention.merge_heads(tensor(heads, device)), x, 0.0, device, "the merged heads")
