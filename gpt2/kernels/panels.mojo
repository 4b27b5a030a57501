"""The product that all of GPT-2 consists of: rows times a matrix that is stored in panels.

A panel holds PANEL columns of a matrix [n_in, n_out], row after row: [n_in, PANEL], so that it is read
from its beginning to its end. Rows are taken ROWS at a time: their sums stay in registers.
"""

from std.collections import Array
from std.math import ceildiv
from std.runtime import parallelism_level
from std.sys.info import simd_width_of

comptime WIDTH = 16  # floats in a vector: a register of AVX-512, two of AVX2, four of NEON
comptime VECTORS = 4
comptime PANEL = WIDTH * VECTORS  # as in gpt2/panels.py
comptime ROWS = 6 if simd_width_of[DType.float32]() >= WIDTH else 1
comptime GRAIN = 1 << 17  # multiplications that are worth waking another core for
comptime Vector = SIMD[DType.float32, WIDTH]


def task_count(multiplications: Int) -> Int:
    """How many cores are to share so much work."""
    return min(parallelism_level(), ceildiv(multiplications, GRAIN))


@always_inline
def multiply[
    dtype: DType
](
    y: Pointer[mut=True, Float32, _],
    y_stride: Int,
    x: Pointer[Float32, _],
    x_stride: Int,
    panel: Pointer[Scalar[dtype], _],
    rows: Int,
    depth: Int,
    lanes: Int,
    accumulate: Bool,
):
    """Write, or add to y, the first lanes of x @ panel: x is [rows, depth], panel [depth, PANEL], rows at most ROWS.

    From one row of x to the next there are x_stride floats, and of y y_stride.
    """
    comptime for count in range(1, ROWS + 1):
        if rows == count:
            _multiply[dtype, count](y, y_stride, x, x_stride, panel, depth, lanes, accumulate)


@always_inline
def _multiply[
    dtype: DType, rows: Int
](
    y: Pointer[mut=True, Float32, _],
    y_stride: Int,
    x: Pointer[Float32, _],
    x_stride: Int,
    panel: Pointer[Scalar[dtype], _],
    depth: Int,
    lanes: Int,
    accumulate: Bool,
):
    # With few rows, several sums of each: an addition need not wait for the one before it.
    comptime CHAINS = max(ROWS // rows, 1)
    comptime SUMS = rows * VECTORS
    var sums = Array[Vector, CHAINS * SUMS](fill=0)

    @always_inline
    def step[chain: Int](k: Int) {mut sums, imm}:
        var w = Array[Vector, VECTORS](fill=0)
        comptime for v in range(VECTORS):
            w[v] = panel.unsafe_load[width=WIDTH](k * PANEL + v * WIDTH).cast[DType.float32]()
        comptime for r in range(rows):
            var factor = Vector(x[unsafe_offset = r * x_stride + k])
            comptime for v in range(VECTORS):
                comptime i = chain * SUMS + r * VECTORS + v
                sums[i] = factor.fma(w[v], sums[i])

    var whole = depth // CHAINS * CHAINS
    for k in range(0, whole, CHAINS):
        comptime for chain in range(CHAINS):
            step[chain](k + chain)
    for k in range(whole, depth):
        step[0](k)
    comptime for chain in range(1, CHAINS):
        comptime for i in range(SUMS):
            sums[i] += sums[chain * SUMS + i]
    comptime for r in range(rows):
        comptime for v in range(VECTORS):
            var part = y.unsafe_offset(r * y_stride + v * WIDTH)
            var sum = sums[r * VECTORS + v]
            if lanes >= (v + 1) * WIDTH:
                part.unsafe_store(sum + (part.unsafe_load[width=WIDTH]() if accumulate else 0))
            else:
                for i in range(max(lanes - v * WIDTH, 0)):
                    part[unsafe_offset=i] = sum[i] + (part[unsafe_offset=i] if accumulate else 0)
