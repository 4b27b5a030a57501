"""Eager operations that run together, when a value is asked for."""

from collections.abc import Iterator
from contextlib import contextmanager

from max.experimental.realization_context import LazyRealizationContext, set_default_realization_context
from max.experimental.tensor import Tensor


@contextmanager
def gathered() -> Iterator[None]:
    """Let operations wait for each other in one graph until a value is read (NumPy, ``item``).

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

    with set_default_realization_context(join):
        yield
