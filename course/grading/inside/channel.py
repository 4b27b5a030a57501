"""The one way between a submission and those who judge it: JSON and plain arrays, never objects.

A message is the length of its header, the header in JSON, and the bytes of the arrays that the
header lists. Nothing that is read here is run, whoever wrote it: what is too long, or not of this
form, is a ChannelError.
"""

import json
import math
import os
import select
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

HEADER_LIMIT = 1 << 20  # bytes
ARRAYS_LIMIT = 1 << 26  # bytes of all arrays of a message
DTYPES = ("float32", "int64")
RANK_LIMIT = 8

_LENGTH = struct.Struct("<I")


class ChannelError(Exception):
    """What came is not a message."""


class Closed(ChannelError):
    """The other side is gone."""


class Channel:
    """One side of a pair of pipes. Not for use by two threads."""

    def __init__(self, reading: int, writing: int, patience: float | None = None) -> None:
        """
        Args:
            patience: seconds that the other side may take to read a message, or to write one once it has begun;
                without it, as long as it likes.
        """
        self.reading = reading
        self.writing = writing
        self.patience = patience
        if patience is not None:
            os.set_blocking(writing, False)

    def send(self, message: Any, arrays: Sequence[np.ndarray] = ()) -> None:
        """Send a message of JSON values, and arrays that it may refer to by their number.

        Raises:
            Closed: the other side is gone.
            ChannelError: the message is too long for the other side, or is not read.
        """
        listed = [{"dtype": str(array.dtype), "shape": list(array.shape)} for array in arrays]
        header = json.dumps({"message": message, "arrays": listed}, separators=(",", ":")).encode()
        if len(header) > HEADER_LIMIT or sum(array.nbytes for array in arrays) > ARRAYS_LIMIT:
            raise ChannelError("the message is too long")
        data = memoryview(b"".join([_LENGTH.pack(len(header)), header, *(array.tobytes() for array in arrays)]))
        deadline = self._deadline()
        try:
            while data:
                self._wait(self.writing, select.POLLOUT, deadline)
                with suppress(BlockingIOError):
                    data = data[os.write(self.writing, data) :]
        except BrokenPipeError:
            raise Closed from None

    def receive(self) -> tuple[Any, list[np.ndarray]]:
        """The next message and its arrays.

        Raises:
            Closed: the other side is gone.
            ChannelError: it is not a message, or does not come to its end.
        """
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, None))
        deadline = self._deadline()
        if length > HEADER_LIMIT:
            raise ChannelError(f"a header of {length} bytes")
        try:
            header = json.loads(self._read(length, deadline))
            message, listed = header["message"], header["arrays"]
            kinds = [(np.dtype(DTYPES[DTYPES.index(each["dtype"])]), _shape(each["shape"])) for each in listed]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ChannelError(f"not a header: {error}") from None
        if sum(dtype.itemsize * math.prod(shape) for dtype, shape in kinds) > ARRAYS_LIMIT:
            raise ChannelError("too many numbers")
        arrays = []
        for dtype, shape in kinds:
            data = self._read(dtype.itemsize * math.prod(shape), deadline)
            try:
                arrays.append(np.frombuffer(data, dtype).reshape(shape).copy())
            except ValueError as error:  # no numbers, but a shape beyond all bounds
                raise ChannelError(str(error)) from None
        return message, arrays

    def _read(self, size: int, deadline: float | None) -> bytes:
        data = bytearray()
        while len(data) < size:
            self._wait(self.reading, select.POLLIN, deadline)
            piece = os.read(self.reading, min(size - len(data), 1 << 20))
            if not piece:
                raise Closed
            data += piece
        return bytes(data)

    def _deadline(self) -> float | None:
        return None if self.patience is None else time.monotonic() + self.patience

    def _wait(self, descriptor: int, event: int, deadline: float | None) -> None:
        """Wait until a pipe can be written to, or read from, or is closed."""
        if deadline is None:
            return
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            what = "read" if event == select.POLLOUT else "write"
            raise ChannelError(f"it does not {what} a message within {self.patience:g} s")


def _shape(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > RANK_LIMIT:
        raise ValueError("not a shape")
    return tuple(map(_size, value))


def _size(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= ARRAYS_LIMIT:
        raise ValueError(f"a size of {value!r}")
    return value
