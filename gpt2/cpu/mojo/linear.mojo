"""Linear layers. Each also applies what follows it in the model: nothing, the GELU, or the residual connection."""

from std.math import ceildiv, erf, exp, tanh

from .panels import COLUMNS, PANEL, ROWS, Floats, MutFloats, multiply
from .team import Worker

# Long inputs are multiplied piece by piece, rows [BLOCK, DEPTH] by [DEPTH, COLUMNS] of the weight: both pieces fit into
# the cache of a core.
comptime BLOCK = 32 * ROWS
comptime DEPTH = 512


@fieldwise_init
struct Then(Equatable, TrivialRegisterPassable):
    """What happens to the output of a linear layer."""

    var _value: Int

    comptime STORE = Then(0)
    comptime ACTIVATE = Then(1)  # the activation function of it is stored
    comptime ADD = Then(2)  # it is added to y: the residual connection


@fieldwise_init
struct Linear[dtype: DType](TrivialRegisterPassable):
    """A linear layer: its weight in panels [n_out / PANEL, n_in, PANEL], and for each output a scale and a bias."""

    var panels: Pointer[Scalar[Self.dtype], ImmUntrackedOrigin]
    var scale: Floats
    var bias: Floats
    var n_in: Int
    var n_out: Int

    @always_inline
    def __call__[
        then: Then
    ](self, mut worker: Worker, y: MutFloats, x: MutFloats, rows: Int, activation: Int = 0):
        """Compute x @ weight * scale + bias for x [rows, n_in], apply then, and store the result in y [rows, n_out]."""
        var blocks = ceildiv(rows, BLOCK)
        var depth = self.n_in if rows <= ROWS else DEPTH

        def part(number: Int) {imm}:
            var piece, block = divmod(number, blocks)
            var column = piece * COLUMNS
            var end = min((block + 1) * BLOCK, rows)
            for k in range(0, self.n_in, depth):
                var first = k == 0 and then != Then.ADD
                var last = k + depth >= self.n_in
                for row in range(block * BLOCK, end, ROWS):

                    @always_inline
                    def store[width: Int](sums: SIMD[DType.float32, width], r: Int, c: Int) {imm}:
                        var place = y.unsafe_offset((row + r) * self.n_out + column + c)
                        var z = sums * self.scale.unsafe_load[width=width](column + c)
                        if not first:
                            z += place.unsafe_load[width=width]()
                        if last:
                            z += self.bias.unsafe_load[width=width](column + c)
                            comptime if then == Then.ACTIVATE:
                                z = _activate(z, activation)
                        place.unsafe_store(z)

                    multiply[Self.dtype](
                        x.unsafe_offset(row * self.n_in + k),
                        self.n_in,
                        self.panels.unsafe_offset(column * self.n_in + k * PANEL),
                        self.n_in * PANEL,
                        min(ROWS, end - row),
                        min(depth, self.n_in - k),
                        min(self.n_out - column, COLUMNS),
                        store,
                    )

        worker.share(ceildiv(self.n_out, COLUMNS) * blocks, part)


@always_inline
def _activate[width: Int](z: SIMD[DType.float32, width], activation: Int) -> SIMD[DType.float32, width]:
    """The function of this number: gpt2/cpu/model.py lists them in the same order."""
    if activation == 0:
        return _gelu(z)
    if activation == 1:
        return 0.5 * z * (1 + erf(z * 0.7071067811865476))  # the exact GELU; sqrt(1 / 2)
    if activation == 2:
        return max(z, 0)
    return z / (1 + exp(-z))  # SiLU


@always_inline
def _gelu[width: Int](z: SIMD[DType.float32, width]) -> SIMD[DType.float32, width]:
    """The tanh approximation, step 4."""
    return 0.5 * z * (1 + tanh(0.7978845608028654 * (z + 0.044715 * z * z * z)))  # sqrt(2 / pi)
