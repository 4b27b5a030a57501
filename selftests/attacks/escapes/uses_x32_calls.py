"""Forks by a system call of the x32 kind, whose numbers begin elsewhere."""

import ctypes
if ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(0x40000000 + 57)) < 0:
    raise OSError(ctypes.get_errno(), "fork")
