"""Step 07: one layer projects each token to a query, a key and a value, in this order."""

import pytest

from compare import CheckFailure, assert_cases, load_parameters


@pytest.mark.todo(1)
def test_one_layer_makes_all_three(step, device, cases):
    """c_attn maps n_embd to 3 * head_dim features, and the layer knows its head_dim"""
    for case in cases:
        head = load_parameters(step.SingleHeadQKV(case.config), case.parameters, device)
        if (found := getattr(head, "head_dim", None)) != case.config.head_dim:
            raise CheckFailure(f"an attribute head_dim that is {case.config.head_dim}", repr(found))


@pytest.mark.todo(2, 3)
def test_query_key_and_value_come_in_this_order(step, device, cases):
    """The projection of a batch is cut into query, key and value, in this order"""
    assert_cases(step.SingleHeadQKV, cases, 1e-4, device, wanted=("query", "key", "value"))
