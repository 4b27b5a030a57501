"""The kernels of eager MAX that the course uses: compiled once per machine, then loaded at once.

MAX compiles a kernel when an eager operation first needs it, each time starting its compiler
anew. Compiled in batches they take a quarter of the time, and cached batches load in a tenth
of a second. So before anything else runs, every operation of the course is tried; the kernels
that are missing are collected instead of compiled, and then compiled together.

This reaches into ``max._interpreter_ops``, which the exact pin on MAX makes safe.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from max import _interpreter  # noqa: F401  (registers the kernel families)
from max._interpreter_ops import gc_compile
from max._mlir_context import in_default_mlir_context
from max.driver import Device
from max.dtype import DType
from max.experimental import functional as F
from max.experimental import random
from max.experimental.realization_context import EagerRealizationContext, set_default_realization_context
from max.experimental.tensor import Tensor
from max.graph import Module

from course import runtime

BATCH = 8

_loaded: set[str] = set()  # devices, by their names


@dataclass(frozen=True)
class _Kernel:
    family: gc_compile.GCOpFamily
    key: str
    device: Device
    build: Callable[[Module], None]


class _Missing(Exception):
    """An operation needs a kernel that is not loaded."""


def load(device: Device, progress: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Load the course's kernels for one device; compile those that this machine never has.

    Args:
        progress: called with the kernels loaded and the kernels known to be needed, before and
            after each batch.
    """
    if str(device) in _loaded:
        return
    done = total = 0
    missing = _missing(_operations(device))
    while missing:
        total += len(missing)
        for batch in _batches(missing):
            progress(done, total)
            _compile(batch)
            done += len(batch)
        missing = _missing(_further_operations(device))
    progress(done, total)
    _loaded.add(str(device))


def on_compile(begin: Callable[[str], None], end: Callable[[], None]) -> None:
    """Call ``begin`` with a kernel's name before MAX compiles or loads one on the spot, then ``end``.

    Kernels outside the course's list are compiled when a learner's code first needs them.
    """
    compile_one = gc_compile.compile_single_target

    def announced(family: Any, key: str, device: Device, build: Any) -> Any:
        begin(key)
        try:
            with runtime.killable():
                return compile_one(family, key, device, build)
        finally:
            end()

    gc_compile.compile_single_target = announced


def _missing(operations: Iterable[Callable[[], Tensor]]) -> list[_Kernel]:
    """The kernels that these operations need and that are not loaded: of each, the first one."""
    missing: dict[str, _Kernel] = {}

    def collect(family: Any, key: str, device: Device, build: Any) -> None:
        missing[key] = _Kernel(family, key, device, build)
        raise _Missing(key)

    compile_one = gc_compile.compile_single_target
    gc_compile.compile_single_target = collect
    try:
        # Each operation by itself, also where the caller gathers them.
        with set_default_realization_context(EagerRealizationContext):
            for operation in operations:
                with suppress(_Missing):
                    operation()._sync_realize()
    finally:
        gc_compile.compile_single_target = compile_one
    return list(missing.values())


def _batches(kernels: Sequence[_Kernel]) -> Iterator[list[_Kernel]]:
    """Cut the kernels into batches for one device each, always the same way: MAX's disk cache
    knows a batch by its contents."""
    for device in {kernel.device: None for kernel in kernels}:
        of_device = iter([kernel for kernel in kernels if kernel.device == device])
        while batch := list(islice(of_device, BATCH)):
            yield batch


@in_default_mlir_context
def _compile(batch: Sequence[_Kernel]) -> None:
    module = Module()
    for kernel in batch:
        kernel.build(module)
    with runtime.killable():
        models = gc_compile.session_for(batch[0].device).load_all(module, weights_registry={})
    for kernel in batch:
        kernel.family.cache[kernel.key] = models[kernel.key]


def _operations(device: Device) -> Iterator[Callable[[], Tensor]]:
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


def _further_operations(device: Device) -> Iterator[Callable[[], Tensor]]:
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
