"""Step 03: layer normalization.

Each token's vector is shifted and scaled to mean 0 and variance 1, which keeps the numbers
in a deep network in range. A learned scale and shift then give the network its freedom back.

Check your work: `pixi run s03` (or `./run s03`).
"""

from max.experimental import functional as F
from max.experimental.nn import Module
from max.experimental.tensor import Tensor


class LayerNorm(Module[[Tensor], Tensor]):
    """Layer normalization over the last axis (Ba et al., 2016).

    Parameters ``weight`` (the scale, gamma) and ``bias`` (the shift, beta), both [dim], are
    named as in the Hugging Face checkpoint.
    """

    def __init__(self, dim: int, eps: float = 1e-5) -> None:
        # TODO 1: make the parameters.
        #   A new layer neither scales nor shifts:
        #   self.eps, the eps that was passed
        #   self.weight [dim], all ones
        #   self.bias [dim], all zeros
        # hint: A tensor that is an attribute of a Module is a parameter: a checkpoint can fill
        #   it.
        # hint: `Tensor.ones(shape)` and `Tensor.zeros(shape)`; the shape is a list.
        # hint: `self.weight = Tensor.ones([dim])`; the bias is made the same way from zeros.
        # solution
        self.eps = eps
        self.weight = Tensor.ones([dim])
        self.bias = Tensor.zeros([dim])
        # end

    def forward(self, x: Tensor) -> Tensor:
        """Normalize the last axis of ``x`` [..., dim]; the shape stays."""
        # TODO 2: normalize, scale, shift.
        #   Bring each row of x to mean 0 and variance 1, over the last axis, with eps added to
        #   the variance (divided by dim, not dim - 1). Then scale by weight, and shift by bias.
        # hint: Each token is normalized by itself: no number crosses from one row to another.
        # hint: `F.layer_norm(x, gamma=..., beta=..., epsilon=...)` is the whole formula in one
        #   operation.
        # hint: gamma is self.weight, beta is self.bias, epsilon is self.eps.
        # solution
        return F.layer_norm(x, gamma=self.weight, beta=self.bias, epsilon=self.eps)
        # end
