"""Multiplies rows by a panel: the innermost loop of linear layers and of attention.

A panel is PANEL columns of a matrix [n_in, n_out], stored row after row as [n_in, PANEL], so that a product reads it
from beginning to end. At most ROWS rows are multiplied at a time, so that all of their sums fit into registers.

With AVX-512 a panel is as wide as four vectors, of which each meets all rows once it is in a register. Without it there
are registers for a row of one vector and its sums alone, and a panel is one vector wide. That was measured on a Zen 3
(AVX2), beside wide panels and a row at a time: prompts of 512 tokens take half as long, 16 texts grow 1.6 times as fast,
and one text no slower. Six rows by one vector of a wide panel gave the same for prompts, and nothing for a few texts:
a quarter of each line of memory is then read at a time.
"""

from std.collections import Array
from std.math import ceildiv
from std.sys import CompilationTarget
from std.sys.info import simd_width_of

comptime WIDTH = 16  # floats in a vector: a register of AVX-512, two of AVX2, four of NEON
comptime REGISTERS = max(WIDTH // simd_width_of[DType.float32](), 1)  # that a vector takes
comptime VECTORS = 4 if CompilationTarget.has_avx512f() else 1  # in a row of a panel
comptime PANEL = WIDTH * VECTORS  # gpt2/cpu/kernel.py knows which it is
comptime COLUMNS = 64  # that are multiplied by the same rows before the next ones: one panel, or several
comptime ROWS = 6
comptime SUMS_AT_ONCE = 8  # registers: two additions begin in each cycle, and an addition takes four
comptime Vector = SIMD[DType.float32, WIDTH]

comptime Floats = Pointer[Float32, ImmUntrackedOrigin]
comptime MutFloats = Pointer[Float32, MutUntrackedOrigin]


@always_inline
def multiply[
    dtype: DType, Store: def[width: Int](SIMD[DType.float32, width], Int, Int) -> None
](
    x: Pointer[Float32, _],
    stride: Int,
    panels: Pointer[Scalar[dtype], _],
    distance: Int,
    rows: Int,
    depth: Int,
    columns: Int,
    store: Store,
):
    """Compute x @ panels, for x [rows, depth] and panels of [depth, PANEL] with so many columns, and pass it to store.

    There are at most ROWS rows, each of which begins stride floats after the one before, and at most COLUMNS columns,
    in panels that begin distance numbers after the one before. store(sums, row, column) gets the sums of WIDTH columns
    from column on, or of that column alone.
    """
    comptime if PANEL < COLUMNS:
        # One row has work for few registers in a panel: it is multiplied by all panels at once.
        if rows == 1 and columns > COLUMNS - PANEL:
            _multiply[dtype, 1, COLUMNS // WIDTH](x, stride, panels, PANEL, distance, depth, 0, columns, store)
            return
    for begin in range(0, columns, PANEL):
        var panel = panels.unsafe_offset(begin // PANEL * distance)
        comptime for count in range(1, ROWS + 1):
            if rows == count:
                _multiply[dtype, count, VECTORS](x, stride, panel, PANEL, WIDTH, depth, begin, columns, store)


@always_inline
def _multiply[
    dtype: DType, rows: Int, vectors: Int, Store: def[width: Int](SIMD[DType.float32, width], Int, Int) -> None
](
    x: Pointer[Float32, _],
    stride: Int,
    panel: Pointer[Scalar[dtype], _],
    step: Int,
    apart: Int,
    depth: Int,
    begin: Int,
    end: Int,
    store: Store,
):
    """The product with vectors that begin apart numbers after one another, each step numbers after that of the k before.

    They are the columns from begin on, and those before end are stored.
    """
    # A few rows have several sums for each column, one of every second k or of every fourth, so that an addition need
    # not wait for the one before it.
    comptime SUMS = rows * vectors
    comptime CHAINS = ceildiv(SUMS_AT_ONCE, SUMS * REGISTERS)
    var sums = Array[Vector, CHAINS * SUMS](fill=0)

    @always_inline
    def multiply_add[chain: Int](k: Int) {mut sums, imm}:
        var w = Array[Vector, vectors](fill=0)
        comptime for v in range(vectors):
            w[v] = panel.unsafe_load[width=WIDTH](k * step + v * apart).cast[DType.float32]()
        comptime for r in range(rows):
            var factor = Vector(x[unsafe_offset=r * stride + k])
            comptime for v in range(vectors):
                comptime i = chain * SUMS + r * vectors + v
                sums[i] = factor.fma(w[v], sums[i])

    var whole = depth // CHAINS * CHAINS
    for k in range(0, whole, CHAINS):
        comptime for chain in range(CHAINS):
            multiply_add[chain](k + chain)
    for k in range(whole, depth):
        multiply_add[0](k)
    comptime for chain in range(1, CHAINS):
        comptime for i in range(SUMS):
            sums[i] += sums[chain * SUMS + i]
    comptime for r in range(rows):
        comptime for v in range(vectors):
            var sum = sums[r * vectors + v]
            var column = begin + v * WIDTH
            if end >= column + WIDTH:
                store[WIDTH](sum, r, column)
            else:
                for i in range(max(end - column, 0)):
                    store[1](sum[i], r, column + i)
