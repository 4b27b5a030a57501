"""The one way between a submission and those who judge it: JSON and plain arrays, never objects.

A message is the length of its header, the header in JSON, and the bytes of the arrays that the
header lists. Nothing that is read here is run, whoever wrote it: what is too long, or not of this
form, is a ChannelError.
"""

import json
import math
import os
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

HEADER_LIMIT = 1 << 20  # bytes
ARRAYS_LIMIT = 1 << 26  # bytes of all arrays of a message
DTYPES = ("float32", "int64")
RANK_LIMIT = 8

_LENGTH = struct.Struct("<I")


class ChannelError(Exception):
    """What came is no message."""


class Closed(ChannelError):
    """The other side is gone."""


class Channel:
    """One side of a pair of pipes. Not for use by two threads."""

    def __init__(self, reading: int, writing: int) -> None:
        self.reading = reading
        self.writing = writing

    def send(self, message: Any, arrays: Sequence[np.ndarray] = ()) -> None:
        """Send a message of JSON values, and arrays that it may refer to by their number.

        Raises:
            Closed: the other side is gone.
            ChannelError: the message is too long for the other side.
        """
        listed = [{"dtype": str(array.dtype), "shape": list(array.shape)} for array in arrays]
        header = json.dumps({"message": message, "arrays": listed}, separators=(",", ":")).encode()
        if len(header) > HEADER_LIMIT or sum(array.nbytes for array in arrays) > ARRAYS_LIMIT:
            raise ChannelError("the message is too long")
        data = memoryview(b"".join([_LENGTH.pack(len(header)), header, *(array.tobytes() for array in arrays)]))
        try:
            while data:
                data = data[os.write(self.writing, data) :]
        except BrokenPipeError:
            raise Closed from None

    def receive(self) -> tuple[Any, list[np.ndarray]]:
        """The next message and its arrays.

        Raises:
            Closed: the other side is gone.
            ChannelError: it is not a message.
        """
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        if length > HEADER_LIMIT:
            raise ChannelError(f"a header of {length} bytes")
        try:
            header = json.loads(self._read(length))
            message, listed = header["message"], header["arrays"]
            kinds = [(np.dtype(DTYPES[DTYPES.index(each["dtype"])]), _shape(each["shape"])) for each in listed]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ChannelError(f"not a header: {error}") from None
        if sum(dtype.itemsize * math.prod(shape) for dtype, shape in kinds) > ARRAYS_LIMIT:
            raise ChannelError("too many numbers")
        arrays = []
        for dtype, shape in kinds:
            data = self._read(dtype.itemsize * math.prod(shape))
            try:
                arrays.append(np.frombuffer(data, dtype).reshape(shape).copy())
            except ValueError as error:  # no numbers, but a shape beyond all bounds
                raise ChannelError(str(error)) from None
        return message, arrays

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            piece = os.read(self.reading, min(size - len(data), 1 << 20))
            if not piece:
                raise Closed
            data += piece
        return bytes(data)


def _shape(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > RANK_LIMIT:
        raise ValueError("not a shape")
    return tuple(map(_size, value))


def _size(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= ARRAYS_LIMIT:
        raise ValueError(f"a size of {value!r}")
    return value
