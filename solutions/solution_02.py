"""Step 02: the causal mask.

A language model predicts each token from the ones before it, so attention must not look
ahead. The mask is added to the attention scores: 0 leaves a score alone, -inf turns into
probability 0 in the softmax.

Check your work: `pixi run s02` (or `./run s02`).
"""

from max.driver import Device
from max.dtype import DType
from max.experimental import functional as F
from max.experimental.tensor import Tensor
from max.graph import DimLike


def causal_mask(seq_length: DimLike, dtype: DType, device: Device) -> Tensor:
    """The additive mask of causal attention ("Attention Is All You Need", section 3.2.3).

    ``seq_length`` is a number, or in a compiled model, which reads texts of any length, a name.

    Returns:
        [seq_length, seq_length]: row i is the token that looks, column j the token it looks
        at. 0 where j <= i, -inf where j > i.
    """
    # TODO 1: close everything.
    #   Make a [seq_length, seq_length] tensor that is -inf everywhere, with the given dtype
    #   and device. A NumPy array becomes one by Tensor(array.astype(dtype.to_numpy()), ...).
    # hint: Start from "nobody may look at anybody"; the next TODO opens what is allowed.
    # hint: `Tensor(value, dtype=..., device=...)` makes a scalar, `F.broadcast_to(x, [rows,
    #   columns])` spreads it.
    # hint: Broadcast `Tensor(float("-inf"), dtype=dtype, device=device)` to `[seq_length,
    #   seq_length]`.
    # solution
    minus_infinity = Tensor(float("-inf"), dtype=dtype, device=device)
    closed = F.broadcast_to(minus_infinity, [seq_length, seq_length])
    # end

    # TODO 2: open the past.
    #   Put 0 on and below the diagonal, where j <= i, and return the result.
    # hint: A token may see itself and everything to its left: a lower triangle.
    # hint: `F.band_part(x, num_lower, num_upper, exclude=True)` zeroes a band around the
    #   diagonal; None means "all".
    # hint: The band is all of the lower part and none of the upper: `num_lower=None,
    #   num_upper=0`.
    # solution
    return F.band_part(closed, num_lower=None, num_upper=0, exclude=True)
    # end
