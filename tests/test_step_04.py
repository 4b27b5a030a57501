"""Step 04: the feed-forward network widens, bends with the tanh form of GELU, and narrows."""

import numpy as np
import pytest

from compare import assert_cases, assert_close, load_parameters, tensor
from solutions.solution_01 import GPT2Config


def bent(step, device, x):
    """What the bend makes of these numbers: one feature, one hidden unit, and layers that change nothing."""
    one, zero = np.ones((1, 1), np.float32), np.zeros(1, np.float32)
    bend = load_parameters(
        step.GPT2MLP(GPT2Config(n_embd=1, n_head=1, n_inner=1)),
        {"c_fc.weight": one, "c_fc.bias": zero, "c_proj.weight": one, "c_proj.bias": zero},
        device,
    )
    return bend(tensor(np.float32(x).reshape(1, -1, 1), device))


def gelu(x):
    x = np.reshape(x, (1, -1, 1))
    return x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


@pytest.mark.todo(1)
def test_layers_widen_and_narrow(step, device, cases):
    """c_fc maps n_embd to n_inner features, and c_proj maps them back"""
    for case in cases:
        load_parameters(step.GPT2MLP(case.config), case.parameters, device)


@pytest.mark.todo(2)
def test_gelu_has_the_tanh_form(step, device):
    """The bend is GELU in its tanh form, as GPT-2 was trained"""
    # The erf form differs by 1e-4 to 4e-4 everywhere but at 0, 0.0447 for 0.044715 by 9e-6 at -2.
    # Rounding alone is off by 2e-7.
    x = [-3.0, -2.0, 0.0, 1.0, 2.5]
    assert_close(bent(step, device, x), gelu(x), 2e-6, device)


@pytest.mark.todo(2)
def test_gelu_is_right_far_from_zero(step, device):
    """Far from 0 GELU still gives numbers: large inputs pass, and large negative ones become 0"""
    # tanh of 13 and more is 1 within rounding; the exponentials that it is made of overflow there.
    x = [-200.0, -20.0, -7.0, 7.0, 20.0, 200.0]
    help = "tanh is (exp(2u) - 1) / (exp(2u) + 1), and exp overflows. Is there a tanh ready to be used?"
    assert_close(bent(step, device, x), gelu(x), 1e-4, device, help=help)


@pytest.mark.todo(2)
def test_output_is_that_of_transformers(step, device, cases):
    """Batches come out as Hugging Face transformers computes them, whatever the sizes"""
    assert_cases(step.GPT2MLP, cases, 1e-4, device)
