"""The weights of a model, one after another in the order in which a token meets them.

gpt2/cpu/model.py puts them there.
"""

from std.math import ceildiv

from .linear import Linear
from .norm import LayerNorm
from .panels import PANEL, Floats


@fieldwise_init
struct Weights[dtype: DType](TrivialRegisterPassable):
    """What comes next: in panels, and as vectors in float32."""

    var panels: Pointer[Scalar[Self.dtype], ImmUntrackedOrigin]
    var vectors: Floats

    def vector(mut self, size: Int) -> Floats:
        var vector = self.vectors
        self.vectors = vector.unsafe_offset(size)
        return vector

    def linear(mut self, n_in: Int, n_out: Int) -> Linear[Self.dtype]:
        var panels = self.panels
        self.panels = panels.unsafe_offset(ceildiv(n_out, PANEL) * n_in * PANEL)
        var scale = self.vector(n_out)
        var bias = self.vector(n_out)
        return Linear(panels, scale, bias, n_in, n_out)

    def norm(mut self, n_embd: Int, epsilon: Float32) -> LayerNorm:
        var weight = self.vector(n_embd)
        var bias = self.vector(n_embd)
        return LayerNorm(weight, bias, epsilon, n_embd)
