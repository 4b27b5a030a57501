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
        # hint: A Module that is an attribute of a Module is its child: its parameters belong to
        #   both.
        # hint: `LayerNorm(dim, eps)`.
        # hint: Two assignments, one to self.norm and one to self.sublayer.
        # solution
        self.norm = LayerNorm(dim, eps)
        self.sublayer = sublayer
        # end

    def forward(self, x: Tensor) -> Tensor:
        """Add the sublayer's work to ``x`` [batch, seq_length, dim]; the shape stays."""
        # TODO 2: normalize, transform, add.
        #   Normalize x, apply the sublayer, add the result to x as it came in, and return it.
        # hint: The norm is for the sublayer only: its answer is added to the x from before the norm.
        # hint: Call self.norm and self.sublayer like functions; `+` adds tensors.
        # hint: On the left of the `+` is x itself, on the right the sublayer of the norm of x.
        # solution
        return x + self.sublayer(self.norm(x))
        # end
