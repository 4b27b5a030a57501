"""How the engine on a CPU stores the weights of linear layers: cut into panels, as float32, bfloat16 or int8.

gpt2/cpu/mojo/panels.mojo says what a panel is, and multiplies with it. How many columns a panel has depends on the
processor; below, ``panel`` is that number.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from max.driver import Buffer
from max.dtype import DType
from numpy.typing import NDArray

from gpt2.bfloat16 import rounded

Floats = NDArray[np.float32]

PACKED_AT_ONCE = 128  # columns; few, so that little memory is needed beside the result


@dataclass(frozen=True)
class Format:
    """The type that the numbers of a weight are stored as.

    ``store`` converts panels [panels, n_in, panel] from float32 to that type. It also returns the scale of each
    column, by which the stored numbers are multiplied to get the weights back: [panels, panel], or 1.0 for all.
    """

    dtype: DType
    numpy: type[np.generic]
    store: Callable[[Floats], tuple[NDArray[Any], Floats | float]]


def _int8(panels: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Whole numbers from -127 to 127, and for each column the scale that makes 127 its largest weight."""
    scale: Floats = np.abs(panels).max(axis=1) / 127
    scale[scale == 0] = 1  # a column of zeros
    return np.rint(panels / scale[:, None]).astype(np.int8), scale


FORMATS: Mapping[str, Format] = {
    "float32": Format(DType.float32, np.float32, lambda panels: (panels, 1.0)),
    "bfloat16": Format(DType.bfloat16, np.uint16, lambda panels: (rounded(panels), 1.0)),
    "int8": Format(DType.int8, np.int8, _int8),
}


def panel_count(n_out: int, panel: int) -> int:
    """How many panels it takes for this many columns. The last one may be filled up with zeros."""
    return -(-n_out // panel)


def aligned_array(shape: tuple[int, ...], dtype: type[np.generic]) -> NDArray[Any]:
    """An array of zeros for the kernel to read and write, which begins on the boundary of a cache line.

    Large arrays are to be made by one call, in one piece: then Linux gives them pages of 2 MB. Reading memory in
    pages of 4 kB is half as fast.
    """
    line = 64  # bytes
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.zeros(size + line, np.uint8)  # which Linux makes when a page is first written to
    begin = -memory.ctypes.data % line
    return memory[begin : begin + size].view(dtype).reshape(shape)


def packed_size(n_out: int, n_in: int, panel: int) -> int:
    """How many numbers the panels of a weight hold, including what fills up the last one."""
    return panel_count(n_out, panel) * n_in * panel


def pack(weight: Floats, kind: Format, memory: NDArray[Any], panel: int) -> Floats:
    """Store the weight [n_out, n_in] of a linear layer in ``memory`` as panels [n_out / panel, n_in, panel].

    Returns:
        The scale of each output, by which products with the stored numbers are to be multiplied: [n_out].
    """
    n_out, n_in = weight.shape
    panels = memory.reshape(-1, n_in, panel)
    scales = np.empty((len(panels), panel), np.float32)
    count = PACKED_AT_ONCE // panel
    for first in range(0, len(panels), count):
        end = min(first + count, len(panels))
        rows = np.zeros(((end - first) * panel, n_in), np.float32)
        rows[: n_out - first * panel] = weight[first * panel : end * panel]
        columns = np.ascontiguousarray(rows.reshape(-1, panel, n_in).transpose(0, 2, 1))
        panels[first:end], scales[first:end] = kind.store(columns)
    return scales.reshape(-1)[:n_out]


def as_buffer(panels: NDArray[Any], kind: Format) -> Buffer:
    """The packed numbers for MAX, which unlike NumPy has bfloat16."""
    buffer = Buffer.from_numpy(panels)
    return buffer.view(kind.dtype) if kind.dtype == DType.bfloat16 else buffer
