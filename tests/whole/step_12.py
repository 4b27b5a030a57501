"""Step 12, everything at once."""

import pytest
from whole.lengths import assert_too_long_is_refused
from whole.published import assert_published_model_is_right


@pytest.mark.todo(2)
def test_texts_that_are_too_long_by_any_number_are_refused(step, device, rng):
    """A model of any context, GPT-2's too, refuses a text that is too long, by one token or by many"""
    assert_too_long_is_refused(step.GPT2Model, device, rng)


@pytest.mark.todo(3, 1)
def test_gpt2_itself_is_right(step, device, rng):
    """A model of GPT-2's own sizes, all of them, comes out right"""
    assert_published_model_is_right(step.GPT2Model, "", device, rng)
