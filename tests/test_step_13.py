"""Step 13: the complete GPT-2 scores and continues a text as transformers does."""

import numpy as np
import pytest

from compare import CheckFailure, assert_cases, assert_close, assert_shape, assert_value_error, load_parameters, tensor


@pytest.mark.todo(1)
def test_head_has_no_parameters_of_its_own(step, config, device, parameters):
    """The model's parameters are those of its stack: the head shares the token table"""
    load_parameters(step.GPT2LMHeadModel(config), parameters, device)


@pytest.mark.todo(2)
def test_logits_are_dot_products_with_the_token_table(step, config, device, expected, parameters):
    """A token's logit is the dot product of the hidden vector and the token's embedding"""
    model = load_parameters(step.GPT2LMHeadModel(config), parameters, device)
    result = model.lm_head(tensor(expected["hidden"], device))
    assert_close(result, expected["hidden_logits"], 1e-4, device, "the logits")


@pytest.mark.todo(3)
def test_logits_are_those_of_transformers(step, config, device, expected, parameters):
    """The logits of a small GPT-2 are those of Hugging Face transformers"""
    model = load_parameters(step.GPT2LMHeadModel(config), parameters, device)
    assert_close(model(tensor(expected["input_ids"], device)), expected["logits"], 1e-4, device, "the logits")


@pytest.mark.todo(3)
def test_greedy_continuation_is_that_of_transformers(step, config, device, expected, parameters):
    """The 40 tokens that transformers appends to a prompt are this model's favourites, too"""
    # One pass over the text shows all 40 choices, because no position sees what comes after it.
    model = load_parameters(step.GPT2LMHeadModel(config), parameters, device)
    text = expected["greedy_text"]  # [1, 7 + 40]
    logits = assert_shape(model(tensor(text, device)), (1, 47, config.vocab_size), device, "the logits")
    favourites, continuation = logits[0, 6:-1].argmax(axis=-1), text[0, 7:]
    if (favourites != continuation).any():
        first = int((favourites != continuation).argmax())
        raise CheckFailure(
            f"token {continuation[first]} as number {first + 1} of the continuation",
            f"token {favourites[first]}; {(favourites != continuation).sum()} of 40 tokens differ",
            observed=favourites,
        )


@pytest.mark.todo(3, 2, 1)
def test_models_of_all_sizes_share_nothing(step, device, cases):
    """Models of other sizes and weights, asked in turn, each come out right"""
    assert_cases(step.GPT2LMHeadModel, cases, 1e-4, device, given="input_ids", wanted="logits")


@pytest.mark.todo(3)
def test_too_long_a_text_is_refused(step, config, device):
    """A text of more than n_positions tokens is refused, and the message names both lengths"""
    input_ids = tensor(np.zeros((1, config.n_positions + 1), np.int64), device)
    model = step.GPT2LMHeadModel(config)
    assert_value_error(lambda: model(input_ids), config.n_positions + 1, config.n_positions)
