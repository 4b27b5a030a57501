"""Eager operations that run together, when a value is asked for or shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from max.driver import CPU
from max.dtype import DType
from max.experimental import _passes
from max.experimental.realization_context import LazyRealizationContext, set_default_realization_context
from max.experimental.tensor import Tensor
from max.graph import Graph, Type, Value
from max.graph.graph import _location


@contextmanager
def gathered() -> Iterator[None]:
    """Let operations wait for each other in one graph until a value is read (NumPy, ``item``, ``print``).

    Eager MAX builds and runs a graph for each operation, which takes milliseconds however
    small it is: step 14's seven operations a token cost more than a small model itself. Run
    together, as two graphs a token, they cost less than half. ``F.lazy`` does not serve here:
    in its block no value can be read.
    """
    waiting: list[LazyRealizationContext] = []  # the graph that operations join; none when it has just run

    class Gathering(LazyRealizationContext):
        async def realize_all(self) -> list[Tensor]:
            waiting.clear()
            return await super().realize_all()

    def join() -> LazyRealizationContext:
        if not waiting:
            waiting.append(Gathering())
        return waiting[0]

    original = Tensor.__repr__, _passes.add_input
    Tensor.__repr__ = _show_values  # type: ignore[method-assign]
    _passes.add_input = _add_input
    try:
        with set_default_realization_context(join):
            yield
    finally:
        Tensor.__repr__, _passes.add_input = original  # type: ignore[method-assign]


def _add_input(graph: Graph, type: Type[Any]) -> Value[Any]:
    """A new input of a graph.

    MAX's own looks through the whole graph each time, which is a third of the time that a small model takes. It is
    enough to do so once, before the graph is run: ``remove_unused_arguments`` does.
    """
    with graph:
        return Value.from_mlir(_passes._graph_block(graph).add_argument(type.to_mlir(), _location()))


def _show_values(tensor: Tensor) -> str:
    """The shape, type and values of a tensor, as NumPy shows them, though nobody has asked for them before."""
    try:
        values = tensor.cast(DType.float32) if tensor.dtype == DType.bfloat16 else tensor  # which NumPy does not know
        array = np.from_dlpack(values.to(CPU()))
    except Exception:  # in a graph that is being traced there are no values yet
        return f"Tensor {[str(size) for size in tensor.shape]} {tensor.dtype.name}, without values"
    return f"Tensor {list(array.shape)} {tensor.dtype.name}\n{np.array2string(array, precision=4, suppress_small=True)}"
