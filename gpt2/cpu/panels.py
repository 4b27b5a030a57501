"""Weights as gpt2/cpu/mojo read them: in panels, and in float32, bfloat16 or int8."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from max.driver import Buffer
from max.dtype import DType
from numpy.typing import NDArray

PANEL = 64  # columns, as in gpt2/cpu/mojo/panels.mojo
GROUP = 2  # panels that are packed at once, so that little memory is needed beside the result


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


def room(shape: tuple[int, ...], dtype: type) -> NDArray:
    """Memory that kernels read and write: an array that begins where a cache line does.

    Made so that Linux takes pages of 2 MB for what is large. Reading through pages of 4 kB is half as fast.
    """
    line = 64
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + line, np.uint8)
    begin = -memory.ctypes.data % line
    return memory[begin : begin + size].view(dtype).reshape(shape)


def packed_size(n_out: int, n_in: int) -> int:
    """How many numbers the panels of a weight hold, with what is added to fill the last one."""
    return panel_count(n_out) * n_in * PANEL


def pack(weight: NDArray, kind: Format, memory: NDArray) -> NDArray[np.float32]:
    """Store the weight [n_out, n_in] of a linear layer in ``memory``: panels [n_out / PANEL, n_in, PANEL].

    Returns:
        What their products are to be multiplied by: [n_out].
    """
    n_out, n_in = weight.shape
    panels = memory.reshape(-1, n_in, PANEL)
    scales = np.empty((len(panels), PANEL), np.float32)
    for first in range(0, len(panels), GROUP):
        some = slice(first, min(first + GROUP, len(panels)))
        rows = np.zeros(((some.stop - first) * PANEL, n_in), np.float32)
        rows[: n_out - first * PANEL] = weight[first * PANEL : some.stop * PANEL]
        columns = np.ascontiguousarray(rows.reshape(-1, PANEL, n_in).transpose(0, 2, 1))
        panels[some], scales[some] = kind.store(columns)
    return scales.reshape(-1)[:n_out]


def as_buffer(panels: NDArray, kind: Format) -> Buffer:
    """The numbers as MAX's, which has a name for bfloat16."""
    buffer = Buffer.from_numpy(panels)
    return buffer.view(kind.dtype) if kind.dtype == DType.bfloat16 else buffer
