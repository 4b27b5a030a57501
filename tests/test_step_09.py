"""Step 09: every head attends with its own slice of the features, and c_proj mixes what they found."""

import numpy as np
import pytest

from compare import assert_cases, assert_close, assert_maps, load_parameters, tensor, values
from solutions.solution_01 import GPT2Config

SIZES = [(4, 5), (2, 6)]  # n_head, head_dim


def numbered(*shape):
    """An array in which no number occurs twice."""
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


@pytest.mark.todo(1)
def test_layers_have_the_sizes_of_the_checkpoint(step, config, device, parameters):
    """c_attn maps n_embd to 3 * n_embd features, and c_proj n_embd to n_embd"""
    load_parameters(step.GPT2MultiHeadAttention(config), parameters, device)


@pytest.mark.todo(2)
def test_heads_own_neighbouring_features(step, device):
    """Splitting gives head 0 the first head_dim features of each token, head 1 the next, and so on"""
    for n_head, size in SIZES:
        x = numbered(2, 6, n_head * size)
        heads = np.stack([x[:, :, size * head : size * (head + 1)] for head in range(n_head)], axis=1)
        attention = step.GPT2MultiHeadAttention(GPT2Config(n_embd=n_head * size, n_head=n_head))
        assert_close(attention.split_heads(tensor(x, device)), heads, 0.0, device)


@pytest.mark.todo(3)
def test_merging_puts_heads_side_by_side(step, device):
    """Merging puts the heads of each token side by side again"""
    for n_head, size in SIZES:
        heads = numbered(2, n_head, 6, size)
        x = np.concatenate([heads[:, head] for head in range(n_head)], axis=-1)
        attention = step.GPT2MultiHeadAttention(GPT2Config(n_embd=n_head * size, n_head=n_head))
        assert_close(attention.merge_heads(tensor(heads, device)), x, 0.0, device)


@pytest.mark.todo(4)
def test_single_token_gets_its_own_value(step, config, device, expected, parameters):
    """For a single token, whatever it asks, the answer is c_proj of its value"""
    attention = load_parameters(step.GPT2MultiHeadAttention(config), parameters, device)
    x = expected["x"][:, :1]
    value = x @ parameters["c_attn.weight"][2 * config.n_embd :].T + parameters["c_attn.bias"][2 * config.n_embd :]
    output = value @ parameters["c_proj.weight"].T + parameters["c_proj.bias"]
    assert_close(attention(tensor(x, device)), output, 1e-4, device)


@pytest.mark.todo(4)
def test_future_tokens_do_not_change_the_past(step, config, device, expected, parameters):
    """Another token at the end of a text changes nothing before it"""
    attention = load_parameters(step.GPT2MultiHeadAttention(config), parameters, device)
    x = expected["x"].copy()
    before = values(attention(tensor(x, device)), device)
    before[:, -1] = np.nan  # whatever comes at the end itself
    x[:, -1] = 3.0
    assert_close(attention(tensor(x, device)), before, 1e-4, device)


@pytest.mark.todo(4)
def test_output_is_that_of_transformers(step, config, device, expected, parameters):
    """A batch comes out as Hugging Face transformers computes it"""
    attention = load_parameters(step.GPT2MultiHeadAttention(config), parameters, device)
    assert_maps(attention, expected["x"], expected["output"], 1e-4, device)


@pytest.mark.todo(4, 3, 2, 1)
def test_models_of_all_sizes_share_nothing(step, device, cases):
    """Models of other sizes and weights, asked in turn, each come out right"""
    assert_cases(step.GPT2MultiHeadAttention, cases, 1e-4, device)
