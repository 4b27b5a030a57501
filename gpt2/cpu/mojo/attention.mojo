"""Causal attention of several heads, steps 7 to 9, over a cache to which new keys and values are appended in place.

The keys and the values of a head are stored in panels, as weights are. Keys are [capacity / PANEL, head_dim, PANEL]: a
query times a panel gives the scores of PANEL tokens. Values are [head_dim / PANEL, capacity, PANEL]: the attention
weights of all tokens times a panel give PANEL features of the output. Each takes capacity * head_dim floats, where
capacity is a multiple of PANEL, and head_dim is rounded up to one.
"""

from extensibility import InputTensor, _MutableInputTensor
from std.math import ceildiv, exp

from .panels import COLUMNS, PANEL, ROWS, WIDTH, MutFloats, Vector, multiply
from .team import Worker


struct Cache(TrivialRegisterPassable):
    """The cached keys and values of one block: [2, batch, n_head, size], where size is capacity * head_dim."""

    var keys: MutFloats
    var values: MutFloats
    var past: Int  # how many tokens of each text are cached, the new ones not included
    var padding: Pointer[Int64, ImmUntrackedOrigin]  # [batch], how many indices at the start hold no token
    var batch: Int
    var n_head: Int
    var size: Int

    def __init__(
        out self,
        cache: _MutableInputTensor[dtype=DType.float32, rank=5, ...],
        past: InputTensor[dtype=DType.int64, rank=1, ...],
        padding: InputTensor[dtype=DType.int64, rank=1, ...],
        layer: Int,
    ):
        """The part of one block in the cache of all blocks [n_layer, 2, batch, n_head, size]."""
        self.batch = cache.dim_size(2)
        self.n_head = cache.dim_size(3)
        self.size = cache.dim_size(4)
        var half = self.batch * self.n_head * self.size
        self.keys = cache.unsafe_ptr().unsafe_offset(layer * 2 * half).unsafe_origin_cast[MutUntrackedOrigin]()
        self.values = self.keys.unsafe_offset(half)
        self.past = Int(past.unsafe_ptr()[])
        self.padding = padding.unsafe_ptr().as_imm().unsafe_origin_cast[ImmUntrackedOrigin]()


def attend(mut worker: Worker, y: MutFloats, qkv: MutFloats, cache: Cache, seq_length: Int, n_embd: Int):
    """Set y [batch, seq_length, n_embd] to the output of all heads for qkv [batch, seq_length, 3 * n_embd].

    The keys and values in qkv are appended to the cache.
    """
    var head_dim = n_embd // cache.n_head
    var capacity = cache.size // (ceildiv(head_dim, PANEL) * PANEL)
    var scale = Float32(head_dim) ** -0.5
    var past = cache.past

    def part(head: Int) {imm}:
        # head counts the heads of all texts.
        var text, head_of_text = divmod(head, cache.n_head)
        var query = qkv.unsafe_offset(text * seq_length * 3 * n_embd + head_of_text * head_dim)
        var keys = cache.keys.unsafe_offset(head * cache.size)
        var values = cache.values.unsafe_offset(head * cache.size)
        for i in range(seq_length):
            var key = query.unsafe_offset(i * 3 * n_embd + n_embd)
            var value = key.unsafe_offset(n_embd)
            var panel, lane = divmod(past + i, PANEL)
            for d in range(head_dim):
                keys[unsafe_offset=(panel * head_dim + d) * PANEL + lane] = key[unsafe_offset=d]
                values[unsafe_offset=(d // PANEL * capacity + past + i) * PANEL + d % PANEL] = value[unsafe_offset=d]

        var memory = List[Float32](unsafe_uninit_length=ROWS * capacity)
        var scores = memory.unsafe_ptr()
        var first = Int(cache.padding[unsafe_offset=text])
        var start = first // PANEL * PANEL
        for i in range(0, seq_length, ROWS):
            var rows = min(ROWS, seq_length - i)
            var end = past + i + rows
            for token in range(start, end, COLUMNS):

                @always_inline
                def store_scores[width: Int](sums: SIMD[DType.float32, width], row: Int, column: Int) {imm}:
                    scores.unsafe_store(row * capacity + token + column, sums)

                multiply[DType.float32](
                    query.unsafe_offset(i * 3 * n_embd),
                    3 * n_embd,
                    keys.unsafe_offset(token * head_dim),
                    head_dim * PANEL,
                    rows,
                    head_dim,
                    min(ceildiv(end - token, PANEL) * PANEL, COLUMNS),
                    store_scores,
                )
            for r in range(rows):
                var row = scores.unsafe_offset(r * capacity)
                var seen = past + i + r + 1
                _softmax(row, first, seen, scale)
                for hidden in range(start, min(first, end)):
                    row[unsafe_offset=hidden] = 0
                for hidden in range(seen, end):
                    row[unsafe_offset=hidden] = 0
            for d in range(0, head_dim, COLUMNS):

                @always_inline
                def store_values[width: Int](sums: SIMD[DType.float32, width], row: Int, column: Int) {imm}:
                    y.unsafe_store((text * seq_length + i + row) * n_embd + head_of_text * head_dim + d + column, sums)

                multiply[DType.float32](
                    scores.unsafe_offset(start),
                    capacity,
                    values.unsafe_offset(d * capacity + start * PANEL),
                    capacity * PANEL,
                    rows,
                    end - start,
                    min(head_dim - d, COLUMNS),
                    store_values,
                )
        _ = memory^

    worker.share(cache.batch * cache.n_head, part)


@always_inline
def _softmax(row: Pointer[mut=True, Float32, _], begin: Int, end: Int, scale: Float32):
    """Replace the scores from begin to end, if there are any, by attention weights that add up to 1."""
    if begin >= end:
        return
    var largest = row[unsafe_offset=begin]
    for j in range(begin, end):
        largest = max(largest, row[unsafe_offset=j])
    var sums = Vector(0)
    var j = begin
    while j + WIDTH <= end:
        var weights = exp((row.unsafe_load[width=WIDTH](j) - largest) * scale)
        row.unsafe_store(j, weights)
        sums += weights
        j += WIDTH
    var sum = sums.reduce_add()
    while j < end:
        var weight = exp((row[unsafe_offset=j] - largest) * scale)
        row[unsafe_offset=j] = weight
        sum += weight
        j += 1
    for j in range(begin, end):
        row[unsafe_offset=j] /= sum
