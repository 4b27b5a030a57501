"""Locks memory, so that others are swapped out in its place."""

import ctypes
if ctypes.CDLL(None, use_errno=True).mlock(ctypes.create_string_buffer(4096), ctypes.c_size_t(4096)):
    raise OSError(ctypes.get_errno(), "mlock")
