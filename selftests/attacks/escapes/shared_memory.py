"""Fills System V segments, which stay when it is gone."""

import ctypes
if ctypes.CDLL(None, use_errno=True).shmget(0, 1 << 20, 0o1600) < 0:
    raise OSError(ctypes.get_errno(), "shmget")
