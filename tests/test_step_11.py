"""Step 11: a block is two residuals, attention and then the feed-forward network."""

import numpy as np
import pytest

from compare import assert_cases, assert_close, load_parameters, tensor


def run_block(step, config, device, x, parameters, silent=None):
    """A block's output. A silent sublayer's last layer is zero, so that it adds nothing."""
    silence = {name: np.zeros_like(parameters[name]) for name in parameters if name.startswith(f"{silent}.c_proj")}
    block = load_parameters(step.GPT2Block(config), {**parameters, **silence}, device)
    return block(tensor(x, device))


@pytest.mark.todo(1)
def test_parts_are_those_of_the_checkpoint(step, config, device, parameters):
    """The parts are ln_1, attn, ln_2 and mlp, with the checkpoint's parameters"""
    load_parameters(step.GPT2Block(config), parameters, device)


@pytest.mark.todo(2, 1)
def test_attention_is_added_to_x(step, config, device, expected, parameters):
    """With a silent feed-forward network the output is x + attn(ln_1(x))"""
    result = run_block(step, config, device, expected["x"], parameters, silent="mlp")
    assert_close(result, expected["attention_only"], 1e-4, device)


@pytest.mark.todo(3, 1)
def test_mlp_is_added_to_x(step, config, device, expected, parameters):
    """With silent attention the output is x + mlp(ln_2(x))"""
    result = run_block(step, config, device, expected["x"], parameters, silent="attn")
    assert_close(result, expected["mlp_only"], 1e-4, device)


@pytest.mark.todo(3, 2)
def test_output_is_that_of_transformers(step, config, device, expected, parameters):
    """A batch comes out as Hugging Face transformers computes it"""
    result = run_block(step, config, device, expected["x"], parameters)
    assert_close(result, expected["output"], 1e-4, device)


@pytest.mark.todo(3, 2, 1)
def test_models_of_all_sizes_share_nothing(step, device, cases):
    """Models of other sizes and weights, asked in turn, each come out right"""
    assert_cases(step.GPT2Block, cases, 1e-4, device)
