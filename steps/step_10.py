"""Step 10: the residual connection.

A sublayer does not replace a token's vector, it adds to it. The sum is a highway through
the network: the early layers' work, and in training the gradient, pass along it untouched.

Check your work: `pixi run s10` (or `./run s10`).
"""

from max.experimental.nn import Module
from max.experimental.tensor import Tensor

from solutions.solution_03 import LayerNorm


class ResidualBlock(Module[[Tensor], Tensor]):
    """x + sublayer(norm(x)): a residual connection around a normalized sublayer.

    The residual is due to He et al. (2015); the norm before the sublayer ("pre-norm") is
    GPT-2's, section 2.3 of Radford et al. (2019).
    """

    def __init__(self, dim: int, sublayer: Module[[Tensor], Tensor], eps: float = 1e-5) -> None:
        # TODO 1: keep the parts.
        #   self.norm, the layer normalization of step 03 over dim features with this eps
        #   self.sublayer, the sublayer that was passed
        raise NotImplementedError("step 10, TODO 1: keep the parts")

    def forward(self, x: Tensor) -> Tensor:
        """Add the sublayer's work to ``x`` [batch, seq_length, dim]; the shape stays."""
        # TODO 2: normalize, transform, add.
        #   Normalize x, apply the sublayer, add the result to x as it came in, and return it.
        raise NotImplementedError("step 10, TODO 2: normalize, transform, add")
