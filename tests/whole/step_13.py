"""Step 13, everything at once."""

import pytest
from whole.lengths import assert_too_long_is_refused
from whole.published import assert_published_model_is_right


@pytest.mark.todo(3)
def test_texts_that_are_too_long_by_any_number_are_refused(step, device, rng):
    """A model of any context, GPT-2's too, refuses a text that is too long, by one token or by many"""
    assert_too_long_is_refused(step.GPT2LMHeadModel, device, rng)


@pytest.mark.todo(3, 2, 1)
def test_gpt2_itself_is_right(step, device, rng):
    """A model of GPT-2's own sizes, all of them, scores a text as it must"""
    assert_published_model_is_right(step.GPT2LMHeadModel, "transformer.", device, rng)
