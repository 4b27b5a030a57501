"""Weights as gpt2/kernels read them: in panels, and in float32, bfloat16 or int8."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from max.driver import Buffer
from max.dtype import DType
from numpy.typing import NDArray

PANEL = 64  # columns, as in gpt2/kernels/panels.mojo
GROUP = 64  # panels that are packed at once, so that little memory is needed beside the result


@dataclass(frozen=True)
class Format:
    """What a weight is stored as.

    ``store`` turns panels [panels, n_in, PANEL] of float32 into numbers of that type, and what they are
    to be multiplied by to get the weights back, for each column: [panels, PANEL].
    """

    dtype: DType
    numpy: type
    store: Callable[[NDArray], tuple[NDArray, NDArray | float]]


def _bfloat16(panels: NDArray) -> tuple[NDArray, float]:
    """The upper half of each float32, rounded to the nearest, ties to even."""
    bits = panels.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16), 1.0


def _int8(panels: NDArray) -> tuple[NDArray, NDArray]:
    """Each column in steps of its own, 127 of which reach its largest weight."""
    scale = np.abs(panels).max(axis=1) / 127
    scale[scale == 0] = 1
    return np.rint(panels / scale[:, None]).astype(np.int8), scale


FORMATS: Mapping[str, Format] = {
    "float32": Format(DType.float32, np.float32, lambda panels: (panels, 1.0)),
    "bfloat16": Format(DType.bfloat16, np.uint16, _bfloat16),
    "int8": Format(DType.int8, np.int8, _int8),
}


def panel_count(n_out: int) -> int:
    return -(-n_out // PANEL)


def room(bytes: int) -> NDArray[np.uint8]:
    """Memory for all the panels of a model, to be cut up.

    In one piece, for which Linux takes pages of 2 MB: reading through pages of 4 kB is half as fast. It
    begins where a cache line does.
    """
    line = 64
    memory = np.empty(bytes + line, np.uint8)
    begin = -memory.ctypes.data % line
    return memory[begin : begin + bytes]


def packed_size(n_out: int, n_in: int, kind: Format) -> int:
    """The bytes that ``pack`` needs."""
    return panel_count(n_out) * n_in * PANEL * np.dtype(kind.numpy).itemsize


def pack(weight: NDArray, kind: Format, memory: NDArray[np.uint8]) -> tuple[Buffer, NDArray]:
    """Pack the weight [n_out, n_in] of a linear layer into ``memory``.

    Returns:
        Panels [n_out / PANEL, n_in, PANEL], rounded up and the rest zeros, and the scales of the outputs,
        as many as the panels have columns.
    """
    n_out, n_in = weight.shape
    count = panel_count(n_out)
    panels = memory.view(kind.numpy).reshape(count, n_in, PANEL)
    scales = np.empty((count, PANEL), np.float32)
    for first in range(0, count, GROUP):
        some = slice(first, min(first + GROUP, count))
        rows = np.zeros(((some.stop - first) * PANEL, n_in), np.float32)
        rows[: n_out - first * PANEL] = weight[first * PANEL : some.stop * PANEL]
        columns = np.ascontiguousarray(rows.reshape(-1, PANEL, n_in).transpose(0, 2, 1))
        panels[some], scales[some] = kind.store(columns)
    buffer = Buffer.from_numpy(panels)
    return (buffer.view(kind.dtype) if kind.dtype == DType.bfloat16 else buffer), scales.reshape(-1)
