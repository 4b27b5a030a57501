"""Layer normalization, step 3."""

from std.math import ceildiv, sqrt

from .panels import WIDTH, Floats, MutFloats, Vector
from .team import Worker

comptime ROWS_OF_PART = 16  # how many rows a core normalizes before it takes more


@fieldwise_init
struct LayerNorm(TrivialRegisterPassable):
    """A norm, whose weight and bias are [n_embd]."""

    var weight: Floats
    var bias: Floats
    var epsilon: Float32
    var n_embd: Int

    def __call__(self, mut worker: Worker, y: MutFloats, x: MutFloats, rows: Int, stride: Int):
        """Set y [rows, n_embd] to the normalized rows of x, each of which begins stride floats after the one before."""

        def part(number: Int) {imm}:
            for row in range(number * ROWS_OF_PART, min((number + 1) * ROWS_OF_PART, rows)):
                self._normalize(y.unsafe_offset(row * self.n_embd), x.unsafe_offset(row * stride))

        worker.share(ceildiv(rows, ROWS_OF_PART), part)

    @always_inline
    def _normalize(self, y: MutFloats, x: MutFloats):
        var n_embd = self.n_embd
        var whole = n_embd // WIDTH * WIDTH
        var sums = Vector(0)
        for i in range(0, whole, WIDTH):
            sums += x.unsafe_load[width=WIDTH](i)
        var sum = sums.reduce_add()
        for i in range(whole, n_embd):
            sum += x[unsafe_offset=i]
        var mean = sum / Float32(n_embd)

        sums = Vector(0)
        for i in range(0, whole, WIDTH):
            var distance = x.unsafe_load[width=WIDTH](i) - mean
            sums += distance * distance
        sum = sums.reduce_add()
        for i in range(whole, n_embd):
            sum += (x[unsafe_offset=i] - mean) ** 2
        var factor = 1 / sqrt(sum / Float32(n_embd) + self.epsilon)

        for i in range(0, whole, WIDTH):
            var normal = (x.unsafe_load[width=WIDTH](i) - mean) * factor
            y.unsafe_store(
                i, normal.fma(self.weight.unsafe_load[width=WIDTH](i), self.bias.unsafe_load[width=WIDTH](i))
            )
        for i in range(whole, n_embd):
            var normal = (x[unsafe_offset=i] - mean) * factor
            y[unsafe_offset=i] = normal * self.weight[unsafe_offset=i] + self.bias[unsafe_offset=i]
