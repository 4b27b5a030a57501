"""Multiplies rows by a panel: the innermost loop of linear layers and of attention.

A panel is PANEL columns of a matrix [n_in, n_out], stored row after row as [n_in, PANEL], so that a product reads it
from beginning to end. At most ROWS rows are multiplied at a time, so that all of their sums fit into registers.
"""

from std.collections import Array
from std.sys.info import simd_width_of

comptime WIDTH = 16  # floats in a vector: a register of AVX-512, two of AVX2, four of NEON
comptime VECTORS = 4  # in a row of a panel
comptime PANEL = WIDTH * VECTORS  # as in gpt2/cpu/panels.py
comptime ROWS = 6 if simd_width_of[DType.float32]() >= WIDTH else 1
comptime Vector = SIMD[DType.float32, WIDTH]

comptime Floats = Pointer[Float32, ImmUntrackedOrigin]
comptime MutFloats = Pointer[Float32, MutUntrackedOrigin]


@always_inline
def multiply[
    dtype: DType, Store: def[width: Int](SIMD[DType.float32, width], Int, Int) -> None
](
    x: Pointer[Float32, _],
    stride: Int,
    panel: Pointer[Scalar[dtype], _],
    rows: Int,
    depth: Int,
    lanes: Int,
    store: Store,
):
    """Compute x @ panel, for x [rows, depth] and panel [depth, PANEL], and pass the first `lanes` columns to store.

    There are at most ROWS rows, each of which begins stride floats after the one before. store(sums, row, column) gets
    the sums of WIDTH columns from column on, or of that column alone.
    """
    comptime for count in range(1, ROWS + 1):
        if rows == count:
            _multiply[dtype, count](x, stride, panel, depth, lanes, store)


@always_inline
def _multiply[
    dtype: DType, rows: Int, Store: def[width: Int](SIMD[DType.float32, width], Int, Int) -> None
](x: Pointer[Float32, _], stride: Int, panel: Pointer[Scalar[dtype], _], depth: Int, lanes: Int, store: Store,):
    # A single row has two sums for each column, one of the even and one of the odd k, so that an addition need not wait
    # for the one before it. More are slower: with six, a product takes a quarter longer.
    comptime CHAINS = max(2 // rows, 1)
    comptime SUMS = rows * VECTORS
    var sums = Array[Vector, CHAINS * SUMS](fill=0)

    @always_inline
    def step[chain: Int](k: Int) {mut sums, imm}:
        var w = Array[Vector, VECTORS](fill=0)
        comptime for v in range(VECTORS):
            w[v] = panel.unsafe_load[width=WIDTH](k * PANEL + v * WIDTH).cast[DType.float32]()
        comptime for r in range(rows):
            var factor = Vector(x[unsafe_offset=r * stride + k])
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
            var sum = sums[r * VECTORS + v]
            if lanes >= (v + 1) * WIDTH:
                store[WIDTH](sum, r, v * WIDTH)
            else:
                for i in range(max(lanes - v * WIDTH, 0)):
                    store[1](sum[i], r, v * WIDTH + i)
