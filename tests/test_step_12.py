"""Step 12: the stack gives what transformers gives, and reads n_positions tokens, but not one more."""

import numpy as np
import pytest

from compare import (
    assert_any_length,
    assert_cases,
    assert_maps,
    assert_shape,
    assert_value_error,
    load_parameters,
    tensor,
)
from course.judging.failure import CheckFailure


@pytest.mark.todo(1)
def test_parts_are_those_of_the_checkpoint(step, config, device, parameters):
    """The parts are wte, wpe, h and ln_f, with the checkpoint's parameters"""
    load_parameters(step.GPT2Model(config), parameters, device)


@pytest.mark.todo(2)
def test_too_long_a_text_is_refused(step, config, device):
    """A text of more than n_positions tokens is refused, and the message names both lengths"""
    input_ids = tensor(np.zeros((1, config.n_positions + 1), np.int64), device)
    model = step.GPT2Model(config)
    assert_value_error(lambda: model(input_ids), config.n_positions + 1, config.n_positions)


@pytest.mark.todo(2)
def test_full_context_is_read(step, config, device):
    """A text of exactly n_positions tokens is not refused"""
    input_ids = tensor(np.zeros((1, config.n_positions), np.int64), device)
    model = step.GPT2Model(config)
    try:
        output = model(input_ids)
    except ValueError as error:
        raise CheckFailure(f"{config.n_positions} tokens to be read", f"ValueError: {error}") from error
    assert_shape(output, (1, config.n_positions, config.n_embd), device)


@pytest.mark.todo(2)
def test_length_without_a_number_is_read(step, config, device):
    """A text of symbolic length, which has a name in place of a number, is not refused"""
    assert_any_length(step.GPT2Model(config), device, step=12)


@pytest.mark.todo(3, 1)
def test_output_is_that_of_transformers(step, config, device, expected, parameters):
    """A batch comes out as Hugging Face transformers computes it"""
    model = load_parameters(step.GPT2Model(config), parameters, device)
    assert_maps(model, expected["input_ids"], expected["output"], 1e-4, device)


@pytest.mark.todo(3, 1)
def test_models_of_all_sizes_share_nothing(step, device, cases):
    """Models of other sizes and weights, asked in turn, each come out right"""
    assert_cases(step.GPT2Model, cases, 1e-4, device, given="input_ids")
