"""Asks for programs without random addresses."""

import ctypes
if ctypes.CDLL(None, use_errno=True).personality(ctypes.c_ulong(0x0040000)) < 0:  # ADDR_NO_RANDOMIZE
    raise OSError(ctypes.get_errno(), "personality")
