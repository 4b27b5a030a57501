"""Linear layers, each with what follows it: nothing, the GELU, or the residual connection."""

import extensibility
from extensibility import InputTensor, OutputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.math import ceildiv, tanh

from .panels import PANEL, ROWS, WIDTH, multiply, task_count

# A block of the input that is used for many panels before the next one: [BLOCK, DEPTH] fits into a core's cache.
comptime BLOCK = 32 * ROWS
comptime DEPTH = 512


@always_inline
def linear[
    dtype: DType, Finish: def[width: Int](SIMD[DType.float32, width], Int, Int) -> SIMD[DType.float32, width]
](
    y: Pointer[mut=True, Float32, _],
    x: Pointer[Float32, _],
    panels: Pointer[Scalar[dtype], _],
    rows: Int,
    n_in: Int,
    n_out: Int,
    finish: Finish,
) raises:
    """Set y [rows, n_out] to finish(x @ weight, row, column): x is [rows, n_in], panels [n_out / PANEL, n_in, PANEL]."""
    var count = ceildiv(n_out, PANEL)
    var tasks = min(task_count(rows * n_in * n_out), count)
    var each = ceildiv(count, tasks)
    var depth = n_in if rows <= ROWS else DEPTH

    def task(number: Int) {imm}:
        for begin in range(0, rows, BLOCK):
            var end = min(begin + BLOCK, rows)
            for k in range(0, n_in, depth):
                for p in range(number * each, min((number + 1) * each, count)):
                    var lanes = min(n_out - p * PANEL, PANEL)
                    for row in range(begin, end, ROWS):
                        var some = min(ROWS, end - row)
                        var part = y.unsafe_offset(row * n_out + p * PANEL)
                        multiply[dtype](
                            part,
                            n_out,
                            x.unsafe_offset(row * n_in + k),
                            n_in,
                            panels.unsafe_offset((p * n_in + k) * PANEL),
                            some,
                            min(depth, n_in - k),
                            lanes,
                            k > 0,
                        )
                        if k + depth >= n_in:
                            for r in range(some):
                                _apply(part.unsafe_offset(r * n_out), lanes, row + r, p * PANEL, finish)

    sync_parallelize(task, tasks)


@always_inline
def _apply[
    Finish: def[width: Int](SIMD[DType.float32, width], Int, Int) -> SIMD[DType.float32, width]
](y: Pointer[mut=True, Float32, _], lanes: Int, row: Int, column: Int, finish: Finish):
    var i = 0
    while i + WIDTH <= lanes:
        y.unsafe_store(i, finish[WIDTH](y.unsafe_load[width=WIDTH](i), row, column + i))
        i += WIDTH
    while i < lanes:
        y[unsafe_offset=i] = finish[1](y[unsafe_offset=i], row, column + i)
        i += 1


@extensibility.register("gpt2_linear")
struct Linear[gelu: Bool]:
    """The layer x @ weight * scale + bias, for all rows of x [batch, seq_length, n_in], and the tanh GELU if asked for."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        weight: InputTensor[rank=3, ...],
        scale: InputTensor[dtype=DType.float32, rank=1, ...],
        bias: InputTensor[dtype=DType.float32, rank=1, ...],
        context: DeviceContext,
    ) raises:
        var scales = scale.unsafe_ptr()
        var biases = bias.unsafe_ptr()

        @always_inline
        def finish[
            width: Int
        ](sums: SIMD[DType.float32, width], row: Int, column: Int) {imm} -> SIMD[DType.float32, width]:
            var z = sums.fma(scales.unsafe_load[width=width](column), biases.unsafe_load[width=width](column))
            comptime if Self.gelu:
                return 0.5 * z * (1 + tanh(0.7978845608028654 * (z + 0.044715 * z * z * z)))  # sqrt(2 / pi)
            else:
                return z

        linear[weight.dtype](
            y.unsafe_ptr(),
            x.unsafe_ptr(),
            weight.unsafe_ptr(),
            x.dim_size(0) * x.dim_size(1),
            x.dim_size(2),
            y.dim_size(2),
            finish,
        )


@extensibility.register("gpt2_linear_add")
struct LinearAdd:
    """The layer x @ weight * scale + bias, added to the residual stream [batch, seq_length, n_out]."""

    @staticmethod
    def execute[
        target: StaticString
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        weight: InputTensor[rank=3, ...],
        scale: InputTensor[dtype=DType.float32, rank=1, ...],
        bias: InputTensor[dtype=DType.float32, rank=1, ...],
        residual: InputTensor[dtype=DType.float32, rank=3, ...],
        context: DeviceContext,
    ) raises:
        var scales = scale.unsafe_ptr()
        var biases = bias.unsafe_ptr()
        var stream = residual.unsafe_ptr()
        var n_out = y.dim_size(2)

        @always_inline
        def finish[
            width: Int
        ](sums: SIMD[DType.float32, width], row: Int, column: Int) {imm} -> SIMD[DType.float32, width]:
            var z = sums.fma(scales.unsafe_load[width=width](column), biases.unsafe_load[width=width](column))
            return stream.unsafe_load[width=width](row * n_out + column) + z

        linear[weight.dtype](
            y.unsafe_ptr(),
            x.unsafe_ptr(),
            weight.unsafe_ptr(),
            x.dim_size(0) * x.dim_size(1),
            x.dim_size(2),
            n_out,
            finish,
        )
