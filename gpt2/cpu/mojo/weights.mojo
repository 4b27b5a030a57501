"""The layers of a model, over weights that lie one behind the other in memory.

gpt2/cpu/model.py lays them out in the order of gpt2.checkpoint.weight_shapes. Weights.__init__ below takes them in
the same order; it is the only place in Mojo that knows it.
"""

from extensibility import InputTensor
from std.math import ceildiv

from .linear import Linear
from .norm import LayerNorm
from .panels import PANEL, Floats


@fieldwise_init
struct Block[dtype: DType](TrivialRegisterPassable):
    """The layers of a transformer block, under the names of the checkpoint."""

    var ln_1: LayerNorm
    var c_attn: Linear[Self.dtype]
    var attn_c_proj: Linear[Self.dtype]
    var ln_2: LayerNorm
    var c_fc: Linear[Self.dtype]
    var mlp_c_proj: Linear[Self.dtype]


struct Weights[dtype: DType]:
    """The layers of a model."""

    var wte: Linear[Self.dtype]
    var wpe: Floats  # [n_positions, n_embd]
    var blocks: List[Block[Self.dtype]]
    var ln_f: LayerNorm
    var head: Linear[Self.dtype]  # the token table, where the model has no other one

    def __init__(
        out self,
        panels: InputTensor[dtype=Self.dtype, rank=1, ...],
        vectors: InputTensor[dtype=DType.float32, rank=1, ...],
        n_layer: Int,
        vocab_size: Int,
        n_positions: Int,
        n_embd: Int,
        n_inner: Int,
        epsilon: Float32,
    ) raises:
        """Take the weights of all layers, which must be all that the two tensors hold."""
        var reader = _Reader[Self.dtype](
            panels.unsafe_ptr().as_imm().unsafe_origin_cast[ImmUntrackedOrigin](),
            vectors.unsafe_ptr().as_imm().unsafe_origin_cast[ImmUntrackedOrigin](),
            0,
            0,
        )
        self.wte = reader.linear(n_embd, vocab_size)
        self.wpe = reader.vector(n_positions * n_embd)
        self.blocks = List[Block[Self.dtype]](capacity=n_layer)
        for _ in range(n_layer):
            var ln_1 = reader.norm(n_embd, epsilon)
            var c_attn = reader.linear(n_embd, 3 * n_embd)
            var attn_c_proj = reader.linear(n_embd, n_embd)
            var ln_2 = reader.norm(n_embd, epsilon)
            var c_fc = reader.linear(n_embd, n_inner)
            var mlp_c_proj = reader.linear(n_inner, n_embd)
            self.blocks.append(Block(ln_1, c_attn, attn_c_proj, ln_2, c_fc, mlp_c_proj))
        self.ln_f = reader.norm(n_embd, epsilon)
        self.head = self.wte
        if panels.dim_size(0) - reader.packed == ceildiv(vocab_size, PANEL) * n_embd * PANEL:
            self.head = reader.linear(n_embd, vocab_size)
        if reader.packed != panels.dim_size(0) or reader.floats != vectors.dim_size(0):
            raise Error(
                "the model has ", reader.packed, " numbers in panels and ", reader.floats, " in vectors, not ",
                panels.dim_size(0), " and ", vectors.dim_size(0),
            )


@fieldwise_init
struct _Reader[dtype: DType](TrivialRegisterPassable):
    """Takes one layer after another, and counts the numbers taken so far."""

    var panels: Pointer[Scalar[Self.dtype], ImmUntrackedOrigin]
    var vectors: Floats
    var packed: Int  # taken from panels
    var floats: Int  # taken from vectors

    def vector(mut self, size: Int) -> Floats:
        var vector = self.vectors.unsafe_offset(self.floats)
        self.floats += size
        return vector

    def linear(mut self, n_in: Int, n_out: Int) -> Linear[Self.dtype]:
        var panels = self.panels.unsafe_offset(self.packed)
        self.packed += ceildiv(n_out, PANEL) * n_in * PANEL
        var scale = self.vector(n_out)
        var bias = self.vector(n_out)
        return Linear(panels, scale, bias, n_in, n_out)

    def norm(mut self, n_embd: Int, epsilon: Float32) -> LayerNorm:
        var weight = self.vector(n_embd)
        var bias = self.vector(n_embd)
        return LayerNorm(weight, bias, epsilon, n_embd)
