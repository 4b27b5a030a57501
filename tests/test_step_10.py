"""Step 10: the sublayer sees a normalized x, and what it says is added to x as it came in."""

from functools import partial

import numpy as np
import pytest
from max.experimental.nn import Linear, Module

from compare import assert_cases, assert_close, load_parameters, tensor


class Silence(Module):
    """A sublayer that has nothing to add."""

    def forward(self, x):
        return x - x


class Echo(Module):
    """A sublayer that says what it hears."""

    loudness = 1.0

    def forward(self, x):
        return x * self.loudness


def linear_block(step, config):
    """A block around a linear layer."""
    return step.ResidualBlock(config.n_embd, Linear(config.n_embd, config.n_embd), eps=config.layer_norm_epsilon)


@pytest.mark.todo(1)
def test_norm_and_sublayer_are_children(step, config, device, parameters):
    """The norm's parameters and the sublayer's belong to the block"""
    load_parameters(step.ResidualBlock(config.n_embd, Linear(config.n_embd, config.n_embd)), parameters, device)


@pytest.mark.todo(1)
def test_sublayer_is_the_one_that_was_passed(step, device):
    """The sublayer is the one that was passed, and not a copy"""
    echo = Echo()
    block = step.ResidualBlock(2, echo)
    echo.loudness = 0.0
    x = np.array([[[3.0, 5.0]]], dtype=np.float32)
    assert_close(block(tensor(x, device)), x, 1e-6, device, help="What the sublayer does has changed since.")


@pytest.mark.todo(2)
def test_silent_sublayer_leaves_x_as_it_is(step, device):
    """A sublayer that adds nothing leaves x as it is"""
    x = np.array([[[3.0, 5.0], [-10.0, 30.0]]], dtype=np.float32)
    assert_close(step.ResidualBlock(2, Silence())(tensor(x, device)), x, 1e-6, device)


@pytest.mark.todo(2)
def test_sublayer_sees_the_normalized_x(step, device):
    """The sublayer gets x normalized, and what it says is added to x"""
    # [1, 9] has variance 16: with an eps of 9 it is divided by 5, and becomes [-0.8, 0.8]. Added to
    # [1, 9], as the sublayer repeats it, that is [0.2, 9.8]. Of [7, 7] nothing is left to be added.
    x = np.array([[[1.0, 9.0], [7.0, 7.0]]], dtype=np.float32)
    result = step.ResidualBlock(2, Echo(), eps=9.0)(tensor(x, device))
    assert_close(result, np.array([[[0.2, 9.8], [7.0, 7.0]]]), 1e-5, device)
    # Variance 3e-5 and GPT-2's eps, 1e-5, which need not be passed: sqrt(3 / 4) is left.
    small, left = 3e-5**0.5, 0.75**0.5
    result = step.ResidualBlock(2, Echo())(tensor(np.float32([[[-small, small]]]), device))
    assert_close(result, np.array([[[-left - small, left + small]]]), 1e-4, device)


@pytest.mark.todo(1, 2)
def test_block_follows_the_formula(step, config, device, expected, parameters):
    """With a linear sublayer a batch comes out as x + sublayer(norm(x))"""
    size, eps = config.n_embd, config.layer_norm_epsilon
    block = load_parameters(step.ResidualBlock(size, Linear(size, size), eps=eps), parameters, device)
    result = block(tensor(expected["x"], device))
    assert_close(result, expected["output"], 1e-4, device)


@pytest.mark.todo(2, 1)
def test_models_of_all_sizes_share_nothing(step, device, cases):
    """Models of other sizes and weights, asked in turn, each come out right"""
    assert_cases(partial(linear_block, step), cases, 1e-4, device)
