"""Step 12, everything at once."""

import pytest
from whole.lengths import assert_too_long_is_refused


@pytest.mark.todo(2)
def test_texts_that_are_too_long_by_any_number_are_refused(step, device, rng):
    """A model of any context, GPT-2's too, refuses a text that is too long, by one token or by many"""
    assert_too_long_is_refused(step.GPT2Model, device, rng)
