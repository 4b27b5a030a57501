"""Step 03: each row is normalized by itself, as in the formula, then scaled and shifted.

The small layers have two features, so that the results can be worked out on paper: a row
[m - d, m + d] has mean m and variance d * d.
"""

import numpy as np
import pytest

from compare import CheckFailure, assert_cases, assert_close, load_parameters, tensor


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
            raise CheckFailure(f"a parameter {name}", "none", f"__init__ keeps it under this name: self.{name} = ...")
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
    layer = step.LayerNorm(2)
    result = layer(tensor(np.float32([[-small, small], [small, -small]]), device))
    assert_close(result, np.array([[-left, left], [left, -left]]), 1e-4, device)
    for eps, found in ((1e-5, getattr(layer, "eps", None)), (9.0, getattr(step.LayerNorm(2, eps=9.0), "eps", None))):
        if found != eps:
            raise CheckFailure(f"an attribute eps that is {eps:g}, as it was passed", repr(found))


@pytest.mark.todo(2)
def test_a_large_mean_does_not_matter(step, device):
    """A row far from 0 is normalized like any other: its mean is subtracted before anything is squared"""
    # 1000 - 1/4 and 1000 + 1/4 are exact in float32, but their squares are not: E[x^2] - E[x]^2 is lost in rounding.
    result = normalize(step, device, [[999.75, 1000.25], [-4096.5, -4095.5], [7.0, 7.0]])
    assert_close(result, np.array([[-1.0, 1.0], [-1.0, 1.0], [0.0, 0.0]]), 1e-3, device)


@pytest.mark.todo(2)
def test_only_the_last_axis_is_normalized(step, config, device, expected, parameters):
    """Whether x has 2, 3 or 4 axes, it is the last one that is normalized"""
    layer = load_parameters(step.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon), parameters, device)
    x, output = (expected[name][:, :6] for name in ("x", "output"))
    for shape in ((-1, config.n_embd), x.shape, (len(x), 3, 2, config.n_embd)):
        assert_close(layer(tensor(x.reshape(shape), device)), output.reshape(shape), 1e-5, device)


@pytest.mark.todo(2, 1)
def test_batch_is_normalized_by_the_formula(step, device, cases):
    """A batch comes out as the formula says, whatever the sizes"""

    def layer(config):
        return step.LayerNorm(config.n_embd, eps=config.layer_norm_epsilon)

    assert_cases(layer, cases, 1e-5, device)
