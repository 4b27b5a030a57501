"""Step 03, everything at once."""

import numpy as np
import pytest

from compare import assert_close, load_parameters, tensor
from course.grading.trial import oracle


@pytest.mark.todo(2, 1)
def test_layers_of_any_width_normalize_rows_of_any_kind(step, device, rng):
    """A layer of any width normalizes rows of any mean and spread, over any number of axes, and when asked again"""
    for width in rng.permutation([768, 1024, 1280, 1600, 2, *rng.integers(3, 500, size=rng.integers(2, 5))]).tolist():
        eps = 10 ** rng.uniform(-6, 1)
        weight, bias = rng.standard_normal((2, width)).astype(np.float32)
        layer = load_parameters(step.LayerNorm(width, eps=eps), {"weight": weight, "bias": bias}, device)
        for rank in rng.permutation(4)[: rng.integers(2, 5)]:
            axes = tuple(rng.integers(1, 8, size=rank))
            spread = 10 ** rng.uniform(-1, 1, (*axes, 1))
            x = np.float32(spread * rng.standard_normal((*axes, width)) + rng.uniform(-20, 20, (*axes, 1)))
            assert_close(layer(tensor(x, device)), oracle.layer_norm(x, weight, bias, eps), 1e-3, device)
