"""Asks which parts of a file are in memory: what others have read lately, and what they say by it."""

import ctypes, mmap, os
with open(os.__file__, "rb") as file:
    area = mmap.mmap(file.fileno(), 4096, flags=mmap.MAP_PRIVATE)
start = ctypes.c_void_p(ctypes.addressof(ctypes.c_char.from_buffer(area)))
libc = ctypes.CDLL(None, use_errno=True)
if libc.mincore(start, ctypes.c_size_t(4096), ctypes.create_string_buffer(8)):
    raise OSError(ctypes.get_errno(), "mincore")
