"""Causal attention over a cache, which it extends in place.

Keys and values of a head are matrices in panels. Keys: [capacity / PANEL, head_dim, PANEL], so that a
panel times a query gives the scores of PANEL tokens. Values: [head_dim / PANEL, capacity, PANEL], so
that it takes the weights of all tokens to PANEL features. Both take capacity * head_dim floats, the
one a multiple of PANEL, the other rounded up to one.
"""

import extensibility
from extensibility import InputTensor, OutputTensor, _MutableInputTensor
from max.algorithm import sync_parallelize
from max.gpu.host import DeviceContext
from std.math import ceildiv, exp

from .panels import PANEL, ROWS, WIDTH, Vector, multiply, task_count


@extensibility.register("gpt2_attention")
struct Attention:
    """Attention of a layer's new tokens to those before them and to themselves.

    qkv [batch, seq_length, 3 * n_embd] holds their queries, keys and values; the cache
    [n_layer, 2, batch, n_head, capacity * head_dim] those of the past tokens, and afterwards theirs.
    Of text b the first padding[b] places hold no token, and are not looked at.
    """

    @staticmethod
    def execute[
        target: StaticString
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        qkv: InputTensor[dtype=DType.float32, rank=3, ...],
        cache: _MutableInputTensor[dtype=DType.float32, rank=5, ...],
        past: InputTensor[dtype=DType.int64, rank=1, ...],
        padding: InputTensor[dtype=DType.int64, rank=1, ...],
        layer: Int64,
        context: DeviceContext,
    ) raises:
        var seq_length = qkv.dim_size(1)
        var n_embd = y.dim_size(2)
        var n_head = cache.dim_size(3)
        var size = cache.dim_size(4)
        var head_dim = n_embd // n_head
        var capacity = size // (ceildiv(head_dim, PANEL) * PANEL)
        var heads = qkv.dim_size(0) * n_head  # of all texts
        var all_keys = cache.unsafe_ptr().unsafe_offset(Int(layer) * 2 * heads * size)
        var all_values = all_keys.unsafe_offset(heads * size)
        var inputs = qkv.unsafe_ptr()
        var outputs = y.unsafe_ptr()
        var paddings = padding.unsafe_ptr()
        var old = Int(past.unsafe_ptr()[unsafe_offset=0])
        var scale = Float32(head_dim) ** -0.5
        var tasks = min(task_count(heads * seq_length * (old + seq_length) * head_dim), heads)
        var each = ceildiv(heads, tasks)

        def task(number: Int) {imm}:
            var memory = List[Float32](unsafe_uninit_length=ROWS * capacity)
            var scores = memory.unsafe_ptr()
            for head in range(number * each, min((number + 1) * each, heads)):
                var text, place = divmod(head, n_head)
                var query = inputs.unsafe_offset(text * seq_length * 3 * n_embd + place * head_dim)
                var keys = all_keys.unsafe_offset(head * size)
                var values = all_values.unsafe_offset(head * size)
                for i in range(seq_length):
                    var key = query.unsafe_offset(i * 3 * n_embd + n_embd)
                    var value = key.unsafe_offset(n_embd)
                    var panel, lane = divmod(old + i, PANEL)
                    for d in range(head_dim):
                        keys[unsafe_offset = (panel * head_dim + d) * PANEL + lane] = key[unsafe_offset=d]
                        values[unsafe_offset = (d // PANEL * capacity + old + i) * PANEL + d % PANEL] = value[
                            unsafe_offset=d
                        ]

                var first = Int(paddings[unsafe_offset=text])
                var start = first // PANEL * PANEL
                for i in range(0, seq_length, ROWS):
                    var rows = min(ROWS, seq_length - i)
                    var end = old + i + rows
                    for token in range(start, end, PANEL):
                        multiply[DType.float32](
                            scores.unsafe_offset(token),
                            capacity,
                            query.unsafe_offset(i * 3 * n_embd),
                            3 * n_embd,
                            keys.unsafe_offset(token * head_dim),
                            rows,
                            head_dim,
                            PANEL,
                            False,
                        )
                    for r in range(rows):
                        var row = scores.unsafe_offset(r * capacity)
                        var seen = old + i + r + 1
                        _softmax(row, first, seen, scale)
                        for hidden in range(start, min(first, end)):
                            row[unsafe_offset=hidden] = 0
                        for hidden in range(seen, end):
                            row[unsafe_offset=hidden] = 0
                    for d in range(0, head_dim, PANEL):
                        multiply[DType.float32](
                            outputs.unsafe_offset((text * seq_length + i) * n_embd + place * head_dim + d),
                            n_embd,
                            scores.unsafe_offset(start),
                            capacity,
                            values.unsafe_offset(d * capacity + start * PANEL),
                            rows,
                            end - start,
                            min(head_dim - d, PANEL),
                            False,
                        )
            _ = memory^

        sync_parallelize(task, tasks)


@always_inline
def _softmax(row: Pointer[mut=True, Float32, _], begin: Int, end: Int, scale: Float32):
    """Turn the scores from begin to end, if any, into weights that add up to 1."""
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
