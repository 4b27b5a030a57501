"""Step 19: weights in one byte.

A weight takes four bytes, and for each new token all of them are read. A whole number from -127
to 127 takes one byte. Times a scale, one for each output feature, it is nearly the weight.

Check your work: `pixi run s19` (or `./run s19`).
"""

from __future__ import annotations

from max.dtype import DType
from max.experimental import functional as F
from max.experimental.nn import Module
from max.experimental.tensor import Tensor

from solutions.solution_13 import GPT2LMHeadModel


def quantize(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Round ``weight`` [out_dim, in_dim] float32 to whole numbers, with a scale for each row.

    A row holds the weights of one output feature. Its scale makes the largest of them, whatever
    its sign, 127 or -127; that of a row of zeros is 1.

    Returns:
        Whole numbers [out_dim, in_dim] int8, and scales [out_dim] float32. A number times its
        row's scale is off from the weight by at most half a scale.
    """
    # TODO 1: find the scale of each row.
    #   largest: the largest absolute value of each row  [out_dim, 1]
    #   scales: largest / 127, and 1.0 where largest is 0  [out_dim, 1]
    raise NotImplementedError("step 19, TODO 1: find the scale of each row")

    # TODO 2: round to whole numbers.
    #   numbers: the weights divided by their row's scale, rounded to the nearest whole number,
    #     in int8  [out_dim, in_dim]
    #   Return numbers, and scales without their last axis  [out_dim]
    raise NotImplementedError("step 19, TODO 2: round to whole numbers")


def dequantize(numbers: Tensor, scales: Tensor) -> Tensor:
    """The weights [out_dim, in_dim] float32 that numbers and scales of ``quantize`` stand for."""
    # TODO 3: multiply each row by its scale.
    #   Return numbers, as float32, times the scales, each of which belongs to a row.
    #     [out_dim, in_dim]
    raise NotImplementedError("step 19, TODO 3: multiply each row by its scale")


class Int8Linear(Module[[Tensor], Tensor]):
    """A linear layer that keeps its weights as int8.

    Its parameters are ``weight`` [out_dim, in_dim] int8, ``scales`` and ``bias`` [out_dim] float32.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """Take over the ``weight`` [out_dim, in_dim] and ``bias`` [out_dim] of a layer in float32."""
        # TODO 4: keep the weights in one byte.
        #   self.weight, self.scales: what quantize makes of the weight
        #   self.bias: the bias as it is
        raise NotImplementedError("step 19, TODO 4: keep the weights in one byte")

    def forward(self, x: Tensor) -> Tensor:
        """Map ``x`` [..., in_dim] to [..., out_dim]: x weight^T + bias, with the weights kept."""
        # TODO 5: multiply with the whole numbers, and scale what comes out.
        #   Return the product of x and the transposed weight, as float32, times the scales,
        #   plus the bias  [..., out_dim]
        raise NotImplementedError("step 19, TODO 5: multiply with the whole numbers, and scale what comes out")


def quantize_model(model: GPT2LMHeadModel) -> None:
    """Put an ``Int8Linear`` in the place of each linear layer in the blocks of ``model``.

    These are c_attn and c_proj of the attention, c_fc and c_proj of the MLP. The norms stay as they
    are, and so do the tables of tokens and positions; the head reads that of the tokens.
    """
    # TODO 6: replace the four linear layers of each block.
    #   For each block of model.transformer.h: put in the place of c_attn and c_proj in block.attn,
    #   and of c_fc and c_proj in block.mlp, an Int8Linear of the layer's weight and bias.
    raise NotImplementedError("step 19, TODO 6: replace the four linear layers of each block")
