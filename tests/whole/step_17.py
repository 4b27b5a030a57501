"""Step 17, everything at once."""

import numpy as np
import pytest
from test_step_17 import assert_leaves, assert_logits

from compare import tensor
from course.grading.trial import filters


@pytest.mark.todo(1, 2, 3, 4)
def test_filters_keep_to_themselves_what_they_were_asked_before(step, device, rng):
    """Each filter answers by the logits that it is given, in whatever order it is asked, and asked again"""
    asked = [
        (case, name, setting)
        for case in filters.draw_filters(rng)
        for name, setting in (("keep_top_k", "k"), ("keep_top_p", "top_p"), ("keep_min_p", "min_p"))
    ]
    for place in [*rng.permutation(len(asked)), *rng.integers(len(asked), size=3)]:
        case, name, setting = asked[place]
        result = getattr(step, name)(tensor(case["logits"], device), case[setting].item())
        assert_logits(result, case[name], device)


@pytest.mark.todo(1, 2, 3)
def test_settings_that_keep_all_keep_all(step, device, rng):
    """k from the vocabulary on, p = 1 and a min-p of 0 leave logits of any shape as they are"""
    for _ in range(2):
        vocab_size = rng.integers(2, 5000).item()
        logits = np.float32(rng.uniform(0.1, 30) * rng.standard_normal((rng.integers(1, 4), vocab_size)))
        assert_leaves(step, "keep_top_k", logits, vocab_size + rng.integers(3).item(), device)
        assert_leaves(step, "keep_top_p", logits, 1.0, device)
        assert_leaves(step, "keep_min_p", logits, 0.0, device)
