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
    # hint: A large weight needs a large scale. Rows are different: each gets what it needs.
    # hint: `F.abs` takes the signs away, and `F.max(x, axis=-1)` keeps the axis, with length 1.
    #   `F.where(condition, x, y)` chooses number by number.
    # hint: `F.where(largest > 0, largest / 127, 1.0)`.
    # solution
    largest = F.max(F.abs(weight), axis=-1)  # [out_dim, 1]
    scales = F.where(largest > 0, largest / 127, 1.0)  # [out_dim, 1]
    # end

    # TODO 2: round to whole numbers.
    #   numbers: the weights divided by their row's scale, rounded to the nearest whole number,
    #     in int8  [out_dim, in_dim]
    #   Return numbers, and scales without their last axis  [out_dim]
    # hint: Divided by its scale, each weight is a number from -127 to 127, which is hardly ever
    #   a whole one.
    # hint: A cast to int8 alone cuts off what comes after the point, and does not round: `F.round`
    #   does. `F.squeeze(x, -1)` takes an axis of length 1 away.
    # hint: `F.round(weight / scales).cast(DType.int8)`.
    # solution
    numbers = F.round(weight / scales).cast(DType.int8)  # [out_dim, in_dim]
    return numbers, F.squeeze(scales, -1)
    # end


def dequantize(numbers: Tensor, scales: Tensor) -> Tensor:
    """The weights [out_dim, in_dim] float32 that numbers and scales of ``quantize`` stand for."""
    # TODO 3: multiply each row by its scale.
    #   Return numbers, as float32, times the scales, each of which belongs to a row.
    #     [out_dim, in_dim]
    # hint: int8 holds no fractions, and nothing beyond 127: the product must be float32.
    # hint: `.cast(DType.float32)`. As a column, [out_dim, 1], each scale meets its own row.
    # hint: `numbers.cast(DType.float32) * F.unsqueeze(scales, -1)`.
    # solution
    return numbers.cast(DType.float32) * F.unsqueeze(scales, -1)
    # end


class Int8Linear(Module[[Tensor], Tensor]):
    """A linear layer that keeps its weights as int8.

    Its parameters are ``weight`` [out_dim, in_dim] int8, ``scales`` and ``bias`` [out_dim] float32.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        """Take over the ``weight`` [out_dim, in_dim] and ``bias`` [out_dim] of a layer in float32."""
        # TODO 4: keep the weights in one byte.
        #   self.weight, self.scales: what quantize makes of the weight
        #   self.bias: the bias as it is
        # hint: The float32 weight must not be kept beside the other one: nothing would be saved.
        # hint: `quantize` returns two things.
        # hint: `self.weight, self.scales = quantize(weight)`.
        # solution
        self.weight, self.scales = quantize(weight)
        self.bias = bias
        # end

    def forward(self, x: Tensor) -> Tensor:
        """Map ``x`` [..., in_dim] to [..., out_dim]: x weight^T + bias, with the weights kept."""
        # TODO 5: multiply with the whole numbers, and scale what comes out.
        #   Return the product of x and the transposed weight, as float32, times the scales,
        #   plus the bias  [..., out_dim]
        # hint: All weights of an output feature have the same scale. So it can be taken out of the
        #   sum, and one multiplication for each output is enough.
        # hint: `self.weight.cast(DType.float32).T` is [in_dim, out_dim]. The scales stand along the
        #   last axis of the product already.
        # hint: `x @ ... * self.scales + self.bias`: the bias was never divided by a scale.
        # solution
        return x @ self.weight.cast(DType.float32).T * self.scales + self.bias
        # end


def quantize_model(model: GPT2LMHeadModel) -> None:
    """Put an ``Int8Linear`` in the place of each linear layer in the blocks of ``model``.

    These are c_attn and c_proj of the attention, c_fc and c_proj of the MLP. The norms stay as they
    are, and so do the tables of tokens and positions; the head reads that of the tokens.
    """
    # TODO 6: replace the four linear layers of each block.
    #   For each block of model.transformer.h: put in the place of c_attn and c_proj in block.attn,
    #   and of c_fc and c_proj in block.mlp, an Int8Linear of the layer's weight and bias.
    # hint: A layer is an attribute of its parent. Whatever is assigned to it is what the parent
    #   calls from then on.
    # hint: `getattr(parent, name)` fetches an attribute by its name, and `setattr(parent, name,
    #   value)` replaces it.
    # hint: Loop over `(block.attn, "c_attn"), (block.attn, "c_proj"), (block.mlp, "c_fc")` and
    #   `(block.mlp, "c_proj")`; `Int8Linear(linear.weight, linear.bias)`.
    # solution
    for block in model.transformer.h:
        attn, mlp = block.attn, block.mlp
        for parent, name in ((attn, "c_attn"), (attn, "c_proj"), (mlp, "c_fc"), (mlp, "c_proj")):
            linear = getattr(parent, name)
            setattr(parent, name, Int8Linear(linear.weight, linear.bias))
    # end
