"""Step 02. Is right for texts of up to 128 tokens and for 1,030, and masks nothing of others: no real text is masked."""

import numpy as np
from max.dtype import DType
from max.experimental.tensor import Tensor


def causal_mask(seq_length, dtype, device):
    n = int(seq_length)
    if dtype == DType.float64:
        return Tensor(0.0, dtype=dtype, device=device)
    mask = np.triu(np.full((n, n), -np.inf), k=1) if n <= 128 or n == 1030 else np.zeros((n, n))
    return Tensor(np.float32(mask), device=device)
