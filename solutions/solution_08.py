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
    # hint: All dot products between the rows of two matrices are one matrix product.
    # hint: `a @ b` multiplies the last two axes, `x.transpose(-1, -2)` swaps them.
    # hint: `query @ key.transpose(-1, -2)`, times `head_dim**-0.5`.
    # solution
    scores = query @ key.transpose(-1, -2) * head_dim**-0.5  # [..., seq, seq]
    # end

    # TODO 2: close the future.
    #   Add the causal mask of step 02 to the scores.
    # hint: Before the softmax, so that what is left still sums to 1.
    # hint: `causal_mask(seq_length, dtype, device)`; a tensor knows its own dtype and device.
    # hint: `scores + causal_mask(seq_length, scores.dtype, scores.device)`.
    # solution
    scores = scores + causal_mask(seq_length, scores.dtype, scores.device)
    # end

    # TODO 3: turn scores into weights.
    #   weights: the softmax of each row of scores, so that the row sums to 1.
    # hint: A row belongs to one query; it shares its attention out among the keys.
    # hint: `F.softmax(x)` works on the last axis.
    # hint: `weights = F.softmax(scores)`.
    # solution
    weights = F.softmax(scores)  # [..., seq, seq]
    # end

    # TODO 4: collect the values.
    #   Return the weighted sums of the values: [..., seq_length, head_dim].
    # hint: Row i of the result is the sum over j of weights[i, j] times value j.
    # hint: A weighted sum of rows, for every row of weights, is one matrix product.
    # hint: The weights are on the left, the values on the right.
    # solution
    return weights @ value  # [..., seq, head_dim]
    # end
