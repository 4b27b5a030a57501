"""What a token costs is counted by hand on a small model, and agrees with what is known of GPT-2."""

import numpy as np
import pytest

from gpt2.checkpoint import open_checkpoint
from gpt2.cost import BYTES, cache_bytes, parameter_count, token_flops, weight_bytes
from gpt2.cpu.model import load_cpu_model
from gpt2.cpu.panels import FORMATS, panel_count
from solutions.solution_01 import GPT2Config

SMALL = GPT2Config(vocab_size=11, n_positions=7, n_embd=6, n_layer=2, n_head=3, n_inner=5)


def test_parameters_are_counted_by_hand():
    tables = (11 + 7) * 6
    linear = (6 * 18 + 18) + (6 * 6 + 6) + (6 * 5 + 5) + (5 * 6 + 6)
    assert parameter_count(SMALL) == tables + 2 * (linear + 4 * 6) + 2 * 6


def test_operations_are_counted_by_hand():
    products = 2 * (6 * 18 + 6 * 6 + 6 * 5 + 5 * 6) + 6 * 11  # of two blocks, and of the head
    scores_and_values = 2 * 2 * 6 * 4  # of two blocks, over the new token and three others
    assert token_flops(SMALL, past=3) == 2 * (products + scores_and_values)


def test_operations_are_two_for_each_parameter_by_and_large():
    """The rule of thumb of Kaplan et al. (2020)."""
    assert token_flops(GPT2Config(), past=0) == pytest.approx(2 * parameter_count(GPT2Config()), rel=0.01)


def test_bytes_of_weights_follow_their_type():
    assert [weight_bytes(1000, weights) for weights in ("float32", "bfloat16", "int8")] == [4000, 2000, 1000]
    assert {weights: np.dtype(each.numpy).itemsize for weights, each in FORMATS.items()} == BYTES


def test_bytes_of_the_cache_are_those_that_the_engine_takes(folder):
    checkpoint = open_checkpoint(str(folder))
    model = load_cpu_model(checkpoint, "float32")
    _, cache = model.start([[1, 2, 3]], capacity=64)  # whole panels, exactly
    head_dim = checkpoint.config.head_dim
    padded = panel_count(head_dim, model._kernel.panel) * model._kernel.panel / head_dim  # rounded up to panels
    assert cache_bytes(checkpoint.config, past=64) * padded == cache.buffer.num_elements * 4
