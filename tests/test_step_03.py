"""Step 03: each row is normalized by itself, as in the formula, then scaled and shifted.

The small layers have two features, so that the results can be worked out on paper: a row
[m - d, m + d] has mean m and variance d * d.
"""

import numpy as np
import pytest

from compare import CheckFailure, assert_close, assert_maps, load_parameters, tensor


def normalize(step, device, x, weight=(1.0, 1.0), bias=(0.0, 0.0), eps=1e-12):
    """What a layer with these parameters makes of the rows of x."""
    parameters = {"weight": np.float32(weight), "bias": np.float32(bias)}
    layer = load_parameters(step.LayerNorm(len(weight), eps=eps), parameters, device)
    return layer(tensor(np.float32(x), device))


@pytest.mark.todo(1)
def test_new_layer_neither_scales_nor_shifts(step, device):
    """A new layer's weight is all ones, its bias all zeros"""
    layer = step.LayerNorm(7)
    for name, value in (("weight", 1.0), ("bias", 0.0)):
        if not hasattr(layer, name):
            raise CheckFailure(f"a parameter {name}", "none")
        assert_close(getattr(layer, name), np.full(7, value), 0.0, device, name)


@pytest.mark.todo(2)
def test_rows_get_mean_zero_and_variance_one(step, device):
    """Each row gets mean 0 and variance 1"""
    result = normalize(step, device, [[3.0, 5.0], [-10.0, 30.0], [1.0, 0.0]])
    assert_close(result, np.array([[-1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]]), 1e-5, device)


@pytest.mark.todo(2)
def test_weight_scales_and_bias_shifts(step, device):
    """The normalized row is scaled by weight, then shifted by bias"""
    result = normalize(step, device, [[3.0, 5.0]], weight=[10.0, 100.0], bias=[1.0, 2.0])
    assert_close(result, np.array([[-9.0, 102.0]]), 1e-3, device)


@pytest.mark.todo(2, 1)
def test_eps_is_added_to_the_variance(step, device):
    """eps is added to the variance, under the square root"""
    # Variance 16 and eps 9: the row is divided by sqrt(16 + 9) = 5.
    result = normalize(step, device, [[-4.0, 4.0]], eps=9.0)
    assert_close(result, np.array([[-0.8, 0.8]]), 1e-5, device)
    # Variance 3e-5 and GPT-2's eps, 1e-5, which need not be passed: sqrt(3 / 4) is left.
    small, left = 3e-5**0.5, 0.75**0.5
    result = step.LayerNorm(2)(tensor(np.float32([[-small, small], [small, -small]]), device))
    assert_close(result, np.array([[-left, left], [left, -left]]), 1e-4, device)


@pytest.mark.todo(2)
def test_batch_is_normalized_by_the_formula(step, config, device, expected, parameters):
    """A batch comes out as the formula says"""
    layer = load_parameters(step.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon), parameters, device)
    assert_maps(layer, expected["x"], expected["output"], 1e-5, device)
