"""The eager operations that the course uses: small calls, of which each needs a kernel or a few."""

from collections.abc import Callable, Iterator

import numpy as np
from max.driver import Device
from max.dtype import DType
from max.experimental import functional as F
from max.experimental import random
from max.experimental.tensor import Tensor

Operation = Callable[[], Tensor]


def operations(device: Device) -> Iterator[Operation]:
    """Small calls of what the checks, the solutions and usual answers use, one kernel each."""

    # From NumPy, which needs no kernel.
    def ones(*shape: int, dtype: type = np.float32) -> Tensor:
        return Tensor(np.ones(shape, dtype), device=device)

    x, ids = ones(2, 3, 4), ones(2, 3, dtype=np.int64)
    matrix, row = ones(4, 4), ones(4)
    counter = ones(4, dtype=np.uint64)  # the kind that random numbers are counted with

    # Arithmetic and comparison, floats and ids.
    yield lambda: x + x
    yield lambda: x - x
    yield lambda: x * x
    yield lambda: x / x
    yield lambda: F.elementwise_max(x, x)
    yield lambda: ids + ids
    yield lambda: ids - ids
    yield lambda: ids * ids
    for table in (x, ids):
        yield lambda table=table: table == table
        yield lambda table=table: table > table
        yield lambda table=table: table >= table
        yield lambda table=table: F.where(table > table, table, -table)
    for function in (F.exp, F.log, F.sqrt, F.rsqrt, F.tanh, F.erf, F.gelu, F.negate, F.abs):
        yield lambda function=function: function(x)
    yield lambda: F.gelu(x, approximate="tanh")
    yield lambda: ids.cast(DType.float32)
    yield lambda: x.cast(DType.int64)
    yield lambda: ids.cast(DType.int32)

    # Reductions.
    for function in (F.sum, F.mean, F.max, F.argmax, F.softmax, F.logsoftmax):
        yield lambda function=function: function(x)
    yield lambda: F.layer_norm(x, gamma=row, beta=row, epsilon=1e-5)

    # Moving data: the kernels differ by rank and by the width of an element.
    for table in (x, ids):
        yield lambda table=table: F.broadcast_to(table, [5, *table.shape])
        yield lambda table=table: table.transpose(0, 1)
        yield lambda table=table: F.split(table, [1, 1], axis=0)[0]
        yield lambda table=table: F.concat([table, table], axis=1)
        yield lambda table=table: F.gather(matrix, ids, axis=0)
    for shape in ((4,), (3, 4), (2, 3, 4), (2, 2, 3, 4)):
        for dtype in (np.float32, np.int64):
            table = ones(*shape, dtype=dtype)
            yield lambda table=table: table[..., 0:1]
    yield lambda: F.band_part(matrix, num_lower=None, num_upper=0, exclude=True)
    yield lambda: F.arange(0, 4, dtype=DType.int64, device=device)
    yield lambda: F.arange(0, 4, dtype=DType.float32, device=device)
    yield lambda: counter + counter
    yield lambda: x**x
    yield lambda: matrix @ matrix
    yield lambda: ones(2, dtype=np.int32).cast(DType.int64)


def further_operations(device: Device) -> Iterator[Operation]:
    """Calls that need several kernels, which are found one after another, and rarer ones."""

    def ones(*shape: int, dtype: type = np.float32) -> Tensor:
        return Tensor(np.ones(shape, dtype), device=device)

    x, ids, yes = ones(2, 3), ones(2, 3, dtype=np.int64), ones(2, 3, dtype=np.bool_)
    square, allowed = ones(3, 3), ones(3, 3, dtype=np.bool_)
    five = ones(1, 2, 1, 2, 3)  # axes: a projection cut into query, key and value of each head
    positions = ones(3, dtype=np.int64)

    yield lambda: random.normal([4, 4], device=device)
    yield lambda: random.uniform([4, 4], device=device)
    yield lambda: F.logical_not(yes)
    yield lambda: ids != ids
    yield lambda: x != x
    for activation in (F.relu, F.silu, F.sigmoid):
        yield lambda activation=activation: activation(x)
    yield lambda: F.gelu(x, approximate="quick")
    yield lambda: F.min(x)

    # Masks made by comparison, and what is done with truth values.
    yield lambda: F.broadcast_to(yes, [2, *yes.shape])
    for combine in (F.logical_and, F.logical_or, F.logical_xor):
        yield lambda combine=combine: combine(yes, yes)
    for dtype in (DType.float32, DType.int64):
        yield lambda dtype=dtype: yes.cast(dtype)
    for table in (x, ids):
        yield lambda table=table: table.cast(DType.bool)
    yield lambda: yes.transpose(0, 1)
    yield lambda: yes[:1, :1]
    yield lambda: F.concat([yes, yes], axis=0)
    yield lambda: F.band_part(allowed, num_lower=None, num_upper=0)
    yield lambda: F.is_nan(x)

    # Integers, and what is seldom done with floats.
    for reduce in (F.sum, F.mean, F.max, F.min, F.argmax):
        yield lambda reduce=reduce: reduce(ids)
    for table in (x, ids):
        yield lambda table=table: F.elementwise_min(table, table)
        yield lambda table=table: F.cumsum(table, axis=-1)
        yield lambda table=table: F.tile(table, [2, 1])
    yield lambda: F.elementwise_max(ids, ids)
    yield lambda: F.abs(ids)
    yield lambda: -ids
    yield lambda: F.floor(x)
    yield lambda: ids / ids
    yield lambda: F.argmin(x)
    yield lambda: x % x
    yield lambda: F.top_k(x, 2)[0]
    yield lambda: F.argsort(x[0])
    yield lambda: F.cumsum(x, axis=-1, exclusive=True)

    # Rows picked, and axes moved.
    yield lambda: F.gather_nd(square, F.unsqueeze(positions, -1))
    yield lambda: F.gather(positions, positions, axis=0)
    yield lambda: F.scatter(x, x, ids, axis=-1)
    yield lambda: F.gather(square, positions.cast(DType.int32), axis=0)
    yield lambda: five[:, :, 0]
    yield lambda: F.permute(five, [2, 0, 3, 1, 4])
    yield lambda: F.pad(square, [1, 0, 0, 0], value=0)
