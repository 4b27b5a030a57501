"""Holds the pages of a file in a pipe, and again in the next pipe: pages without an owner."""

import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
(reading, first), (_, second) = os.pipe(), os.pipe()
with open(os.__file__) as file:
    if libc.splice(file.fileno(), None, first, None, ctypes.c_size_t(4096), 0) <= 0:
        raise OSError(ctypes.get_errno(), "splice")
if libc.tee(reading, second, ctypes.c_size_t(4096), 0) <= 0:
    raise OSError(ctypes.get_errno(), "tee")
