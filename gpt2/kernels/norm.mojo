"""Layer normalization, step 3."""

from max.algorithm import sync_parallelize
from std.math import ceildiv, sqrt

from .panels import WIDTH, Vector, task_count


def layer_norm(
    y: Pointer[mut=True, Float32, _],
    x: Pointer[Float32, _],
    weight: Pointer[Float32, _],
    bias: Pointer[Float32, _],
    epsilon: Float32,
    rows: Int,
    n_embd: Int,
) raises:
    """Set y [rows, n_embd] to the rows of x, each normalized, scaled and shifted."""
    var tasks = min(task_count(rows * n_embd), rows)
    var each = ceildiv(rows, tasks)

    def task(number: Int) {imm}:
        for row in range(number * each, min((number + 1) * each, rows)):
            _layer_norm(
                y.unsafe_offset(row * n_embd), x.unsafe_offset(row * n_embd), weight, bias, epsilon, n_embd
            )

    sync_parallelize(task, tasks)


@always_inline
def _layer_norm(
    y: Pointer[mut=True, Float32, _],
    x: Pointer[Float32, _],
    weight: Pointer[Float32, _],
    bias: Pointer[Float32, _],
    epsilon: Float32,
    n_embd: Int,
):
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
    var factor = 1 / sqrt(sum / Float32(n_embd) + epsilon)

    for i in range(0, whole, WIDTH):
        var normal = (x.unsafe_load[width=WIDTH](i) - mean) * factor
        y.unsafe_store(i, normal.fma(weight.unsafe_load[width=WIDTH](i), bias.unsafe_load[width=WIDTH](i)))
    for i in range(whole, n_embd):
        y[unsafe_offset=i] = (x[unsafe_offset=i] - mean) * factor * weight[unsafe_offset=i] + bias[unsafe_offset=i]
