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
        yield lambda table=table: F.where(table > table, table, table)
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
    x, yes = (Tensor(np.ones((2, 3), dtype), device=device) for dtype in (np.float32, np.bool_))
    ids = Tensor(np.ones((2, 3), np.int64), device=device)
    yield lambda: random.normal([4, 4], device=device)
    yield lambda: F.where(yes, x, x)
    yield lambda: F.logical_not(yes)
    yield lambda: ids != ids
    yield lambda: F.relu(x)
    yield lambda: F.silu(x)
    yield lambda: F.min(x)
