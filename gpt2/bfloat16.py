"""Weights in bfloat16, which NumPy lacks: the upper half of a float32."""

from collections.abc import Iterator, Mapping

import numpy as np
from max.driver import Buffer
from max.dtype import DType
from numpy.typing import NDArray


def rounded(array: NDArray[np.float32]) -> NDArray[np.uint16]:
    """The bits of float32 numbers in bfloat16, rounded to the nearest, ties to even. The shape stays."""
    bits = array.view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


class Bfloat16Weights(Mapping[str, Buffer]):
    """Float32 weights as MAX takes them in bfloat16, each converted at every look-up.

    MAX would convert them itself (``auto_cast``), by operations of its own. It cannot run these where it compiles for
    a GPU that is not there.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        self._weights = weights

    def __getitem__(self, name: str) -> Buffer:
        return Buffer.from_numpy(rounded(self._weights[name])).view(DType.bfloat16)

    def __iter__(self) -> Iterator[str]:
        return iter(self._weights)

    def __len__(self) -> int:
        return len(self._weights)
