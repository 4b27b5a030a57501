"""Linear layers, each with what follows it: nothing, the GELU, or the residual connection."""

from extensibility import InputTensor
from max.algorithm import sync_parallelize
from std.math import ceildiv, tanh

from .panels import PANEL, ROWS, WIDTH, multiply, task_count

# A block of the input that is used for many panels before the next one: [BLOCK, DEPTH] fits into a core's cache.
comptime BLOCK = 32 * ROWS
comptime DEPTH = 512

comptime Scales = InputTensor[dtype=DType.float32, rank=1, ...]


def linear[
    gelu: Bool
](
    y: Pointer[mut=True, Float32, _],
    x: Pointer[Float32, _],
    weight: InputTensor[rank=3, ...],
    scale: Scales,
    bias: Scales,
    rows: Int,
    n_out: Int,
) raises:
    """Set y [rows, n_out] to x @ weight * scale + bias, and the tanh GELU of it if asked for: x is [rows, n_in]."""
    var scales = scale.unsafe_ptr()
    var biases = bias.unsafe_ptr()

    @always_inline
    def finish[
        width: Int
    ](sums: SIMD[DType.float32, width], row: Int, column: Int) {imm} -> SIMD[DType.float32, width]:
        var z = sums.fma(scales.unsafe_load[width=width](column), biases.unsafe_load[width=width](column))
        comptime if gelu:
            return 0.5 * z * (1 + tanh(0.7978845608028654 * (z + 0.044715 * z * z * z)))  # sqrt(2 / pi)
        else:
            return z

    _linear[weight.dtype](y, x, weight.unsafe_ptr(), rows, weight.dim_size(1), n_out, finish)


def linear_add(
    y: Pointer[mut=True, Float32, _],
    residual: Pointer[Float32, _],
    x: Pointer[Float32, _],
    weight: InputTensor[rank=3, ...],
    scale: Scales,
    bias: Scales,
    rows: Int,
    n_out: Int,
) raises:
    """Set y [rows, n_out] to the residual stream [rows, n_out] and x @ weight * scale + bias: x is [rows, n_in]."""
    var scales = scale.unsafe_ptr()
    var biases = bias.unsafe_ptr()

    @always_inline
    def finish[
        width: Int
    ](sums: SIMD[DType.float32, width], row: Int, column: Int) {imm} -> SIMD[DType.float32, width]:
        var z = sums.fma(scales.unsafe_load[width=width](column), biases.unsafe_load[width=width](column))
        return residual.unsafe_load[width=width](row * n_out + column) + z

    _linear[weight.dtype](y, x, weight.unsafe_ptr(), rows, weight.dim_size(1), n_out, finish)


@always_inline
def _linear[
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
