"""Step 08: scaled dot-product attention.

A query is compared with every key that it may see; the closer the match, the more of that
token's value flows into the answer.

Check your work: `pixi run s08` (or `./run s08`).
"""

from max.experimental import functional as F
from max.experimental.tensor import Tensor

from solutions.solution_02 import causal_mask


def compute_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """softmax(query key^T / sqrt(head_dim) + mask) value, with the causal mask.

    Equation 1 of "Attention Is All You Need". All three inputs are
    [..., seq_length, head_dim] with the same leading axes (batch, or batch and head).

    Returns:
        [..., seq_length, head_dim].
    """
    seq_length, head_dim = query.shape[-2], int(query.shape[-1])

    # TODO 1: score every key for every query.
    #   scores [..., seq_length, seq_length]: scores[i, j] is the dot product of query i and
    #   key j, divided by sqrt(head_dim).
    raise NotImplementedError("step 08, TODO 1: score every key for every query")

    # TODO 2: close the future.
    #   Add the causal mask of step 02 to the scores.
    raise NotImplementedError("step 08, TODO 2: close the future")

    # TODO 3: turn scores into weights.
    #   weights: the softmax of each row of scores, so that the row sums to 1.
    raise NotImplementedError("step 08, TODO 3: turn scores into weights")

    # TODO 4: collect the values.
    #   Return the weighted sums of the values: [..., seq_length, head_dim].
    raise NotImplementedError("step 08, TODO 4: collect the values")
