"""Weights become bfloat16 on our side, as MAX would cast them, which it cannot where it only compiles."""

import numpy as np
from max.driver import CPU
from max.dtype import DType
from max.experimental import functional as F
from max.experimental.nn import Linear
from max.experimental.tensor import TensorType, default_dtype

from gpt2.bfloat16 import Bfloat16Weights

STEP = 2.0**-7  # between two bfloat16 numbers from 1 on
WEIGHT = np.array([[1, 1 + STEP / 2, 1 + 1.5 * STEP], [-1 - 0.6 * STEP, np.inf, 0]], np.float32)
BITS = [[0x3F80, 0x3F80, 0x3F82], [0xBF81, 0x7F80, 0]]


def test_they_are_rounded_to_the_nearest_and_ties_to_even():
    weights = Bfloat16Weights({"weight": WEIGHT})
    assert list(weights) == ["weight"] and len(weights) == 1
    assert weights["weight"].dtype == DType.bfloat16
    assert weights["weight"].view(DType.uint16).to_numpy().tolist() == BITS


def test_a_module_takes_them_without_a_cast():
    with default_dtype(DType.bfloat16), F.lazy():
        layer = Linear(3, 2, bias=False).to(CPU())
    layer.compile(TensorType(DType.bfloat16, ["n", 3], CPU()), weights=Bfloat16Weights({"weight": WEIGHT}))
