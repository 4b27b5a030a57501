"""Step 04: the feed-forward network widens, bends with the tanh form of GELU, and narrows."""

import numpy as np
import pytest

from compare import assert_close, assert_maps, load_parameters, tensor
from solutions.solution_01 import GPT2Config


@pytest.mark.todo(1)
def test_layers_widen_and_narrow(step, config, device, parameters):
    """c_fc leads from n_embd to n_inner features, c_proj back"""
    load_parameters(step.GPT2MLP(config), parameters, device)


@pytest.mark.todo(2)
def test_gelu_has_the_tanh_form(step, device):
    """The bend is GELU in its tanh form, as GPT-2 was trained"""
    # One feature, one hidden unit, and layers that change nothing: what is left is the bend.
    one, zero = np.ones((1, 1), np.float32), np.zeros(1, np.float32)
    bend = load_parameters(
        step.GPT2MLP(GPT2Config(n_embd=1, n_head=1, n_inner=1)),
        {"c_fc.weight": one, "c_fc.bias": zero, "c_proj.weight": one, "c_proj.bias": zero},
        device,
    )
    x = np.array([[[-3.0], [-2.0], [0.0], [1.0], [2.5]]])
    gelu = x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    # The erf form differs by 1e-4 to 4e-4 everywhere but at 0, 0.0447 for 0.044715 by 9e-6 at -2.
    # Rounding alone is off by 2e-7.
    assert_close(bend(tensor(np.float32(x), device)), gelu, 2e-6, device)


@pytest.mark.todo(2)
def test_output_is_that_of_transformers(step, config, device, expected, parameters):
    """A batch comes out as Hugging Face transformers computes it"""
    mlp = load_parameters(step.GPT2MLP(config), parameters, device)
    assert_maps(mlp, expected["x"], expected["output"], 1e-4, device)
