"""Step 19, everything at once."""

import numpy as np
import pytest
from test_step_19 import assert_numbers, assert_scales, int8_model, quantized

from compare import assert_close, tensor
from course.grading.trial import oracle


@pytest.mark.todo(1, 2, 3, 4, 5)
def test_weights_of_any_size_and_magnitude_are_kept_in_a_byte(step, device, rng):
    """Weights of any shape and magnitude, with rows of zeros and outliers, are quantized, and multiplied by a layer"""
    for _ in range(rng.integers(3, 6)):
        weight = draw_weight(rng, *rng.integers(1, 120, size=2).tolist())
        right, right_scales = oracle.quantize(weight)
        numbers, scales = quantized(step, weight, device)
        assert_numbers(numbers, right, device)
        assert_scales(scales, right_scales, device, weight.any(axis=1))
        kept = oracle.dequantize(right, right_scales)
        assert_close(step.dequantize(numbers, scales), kept, 1e-4, device, "the weights")
        bias = np.abs(weight).max() * rng.standard_normal(len(weight), dtype=np.float32)  # as large as the weights
        x = rng.standard_normal((*rng.integers(1, 5, size=rng.integers(1, 3)), weight.shape[1]), dtype=np.float32)
        layer = step.Int8Linear(tensor(weight, device), tensor(bias, device))
        wanted = oracle.linear(x, {"w.weight": kept, "w.bias": bias}, "w")
        assert_close(layer(tensor(x, device)), wanted, 1e-4, device, "what the layer gives")


@pytest.mark.todo(6)
def test_models_of_all_sizes_are_quantized(step, device, cases):
    """Models of other sizes, one as wide as GPT-2, compute with the weights that are kept"""
    for case in cases[2:]:
        result = int8_model(step, case, device)(tensor(case["input_ids"], device))
        assert_close(result, case["logits"], 1e-4, device, f"the logits of {case.config}")


def draw_weight(rng, out_dim, in_dim):
    """Rows of one magnitude or of several; a few are zeros, and a few have an outlier."""
    weight = rng.standard_normal((out_dim, in_dim)) * 10 ** rng.uniform(-5, 5)
    if rng.random() < 0.7:
        weight *= 10 ** rng.uniform(-2, 2, size=(out_dim, 1))
    weight[rng.random(out_dim) < 0.1] = 0
    for row in np.flatnonzero(rng.random(out_dim) < 0.2):
        weight[row, rng.integers(in_dim)] *= 1000
    weight[rng.integers(out_dim), rng.integers(in_dim)] = 10 ** rng.uniform(-5, 5)  # not all zeros
    return oracle.settled(np.float32(weight))
