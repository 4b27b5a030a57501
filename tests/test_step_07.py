"""Step 07: one layer projects each token to a query, a key and a value, in this order."""

import numpy as np
import pytest

from compare import CheckFailure, assert_close, load_parameters, tensor


@pytest.mark.todo(1)
def test_one_layer_makes_all_three(step, config, device, parameters):
    """c_attn leads from n_embd to 3 * head_dim features"""
    load_parameters(step.SingleHeadQKV(config), parameters, device)


@pytest.mark.todo(2, 3)
def test_query_key_and_value_come_in_this_order(step, config, device, expected, parameters):
    """The projection of a batch is cut into query, key and value, in this order"""
    head = load_parameters(step.SingleHeadQKV(config), parameters, device)
    for texts in (slice(None), np.s_[1:, :3]):  # the next ones may be fewer, and shorter
        result = head(tensor(expected["x"][texts], device))
        if not isinstance(result, (tuple, list)) or len(result) != 3:
            raise CheckFailure("a tuple of three tensors", f"{type(result).__name__} {str(result)[:60]}")
        for name, part in zip(("query", "key", "value"), result):
            assert_close(part, expected[name][texts], 1e-4, device, name)
