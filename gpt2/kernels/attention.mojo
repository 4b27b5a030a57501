"""Causal attention of a block, steps 7 to 9, with its norm and residual connection, over a cache that grows in place.

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

from .linear import Scales, linear, linear_add
from .norm import layer_norm
from .panels import PANEL, ROWS, WIDTH, Vector, multiply, task_count


@extensibility.register("gpt2_attention")
struct Attention:
    """The residual stream [batch, seq_length, n_embd] after the new tokens have attended to the past and themselves.

    The cache [n_layer, 2, batch, n_head, capacity * head_dim] holds the keys and values of the past
    tokens, and afterwards those of the new ones. Of text b the first padding[b] places hold no token, and
    are not looked at.
    """

    @staticmethod
    def execute[
        target: StaticString
    ](
        y: OutputTensor[dtype=DType.float32, rank=3, ...],
        x: InputTensor[dtype=DType.float32, rank=3, ...],
        norm_weight: Scales,
        norm_bias: Scales,
        epsilon: Float32,
        attn_weight: InputTensor[rank=3, ...],
        attn_scale: Scales,
        attn_bias: Scales,
        proj_weight: InputTensor[rank=3, ...],
        proj_scale: Scales,
        proj_bias: Scales,
        cache: _MutableInputTensor[dtype=DType.float32, rank=5, ...],
        past: InputTensor[dtype=DType.int64, rank=1, ...],
        padding: InputTensor[dtype=DType.int64, rank=1, ...],
        layer: Int64,
        context: DeviceContext,
    ) raises:
        var batch = x.dim_size(0)
        var seq_length = x.dim_size(1)
        var n_embd = x.dim_size(2)
        var n_head = cache.dim_size(3)
        var size = cache.dim_size(4)
        var rows = batch * seq_length
        var stream = x.unsafe_ptr()
        var normal = List[Float32](unsafe_uninit_length=rows * n_embd)  # and then what the heads have to say
        var qkv = List[Float32](unsafe_uninit_length=rows * 3 * n_embd)
        layer_norm(
            normal.unsafe_ptr(), stream, norm_weight.unsafe_ptr(), norm_bias.unsafe_ptr(), epsilon, rows, n_embd
        )
        linear[gelu=False](
            qkv.unsafe_ptr(), normal.unsafe_ptr(), attn_weight, attn_scale, attn_bias, rows, 3 * n_embd
        )
        var keys = cache.unsafe_ptr().unsafe_offset(Int(layer) * 2 * batch * n_head * size)
        attend(
            normal.unsafe_ptr(),
            qkv.unsafe_ptr(),
            keys,
            keys.unsafe_offset(batch * n_head * size),
            padding.unsafe_ptr(),
            Int(past.unsafe_ptr()[unsafe_offset=0]),
            batch,
            seq_length,
            n_head,
            n_embd // n_head,
            size,
        )
        linear_add(
            y.unsafe_ptr(), stream, normal.unsafe_ptr(), proj_weight, proj_scale, proj_bias, rows, n_embd
        )
        _ = normal^
        _ = qkv^


def attend(
    y: Pointer[mut=True, Float32, _],
    qkv: Pointer[Float32, _],
    all_keys: Pointer[mut=True, Float32, _],
    all_values: Pointer[mut=True, Float32, _],
    padding: Pointer[Int64, _],
    past: Int,
    batch: Int,
    seq_length: Int,
    n_head: Int,
    head_dim: Int,
    size: Int,
) raises:
    """Set y [batch, seq_length, n_embd] to the values that the queries in qkv [batch, seq_length, 3 * n_embd] gather."""
    var n_embd = n_head * head_dim
    var capacity = size // (ceildiv(head_dim, PANEL) * PANEL)
    var scale = Float32(head_dim) ** -0.5
    var heads = batch * n_head
    var tasks = min(task_count(heads * seq_length * (past + seq_length) * head_dim), heads)
    var each = ceildiv(heads, tasks)

    def task(number: Int) {imm}:
        var memory = List[Float32](unsafe_uninit_length=ROWS * capacity)
        var scores = memory.unsafe_ptr()
        for head in range(number * each, min((number + 1) * each, heads)):
            var text, place = divmod(head, n_head)
            var query = qkv.unsafe_offset(text * seq_length * 3 * n_embd + place * head_dim)
            var keys = all_keys.unsafe_offset(head * size)
            var values = all_values.unsafe_offset(head * size)
            for i in range(seq_length):
                var key = query.unsafe_offset(i * 3 * n_embd + n_embd)
                var value = key.unsafe_offset(n_embd)
                var panel, lane = divmod(past + i, PANEL)
                for d in range(head_dim):
                    keys[unsafe_offset = (panel * head_dim + d) * PANEL + lane] = key[unsafe_offset=d]
                    values[unsafe_offset = (d // PANEL * capacity + past + i) * PANEL + d % PANEL] = value[
                        unsafe_offset=d
                    ]

            var first = Int(padding[unsafe_offset=text])
            var start = first // PANEL * PANEL
            for i in range(0, seq_length, ROWS):
                var rows = min(ROWS, seq_length - i)
                var end = past + i + rows
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
                    var seen = past + i + r + 1
                    _softmax(row, first, seen, scale)
                    for hidden in range(start, min(first, end)):
                        row[unsafe_offset=hidden] = 0
                    for hidden in range(seen, end):
                        row[unsafe_offset=hidden] = 0
                for d in range(0, head_dim, PANEL):
                    multiply[DType.float32](
                        y.unsafe_offset((text * seq_length + i) * n_embd + place * head_dim + d),
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
