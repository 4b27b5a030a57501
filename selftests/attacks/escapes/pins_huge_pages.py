"""Lends a pipe one byte of a huge page and gives the page back: two megabytes stay, and count for nobody."""

import ctypes, mmap, os
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
huge = 2 << 20
area = mmap.mmap(-1, 2 * huge, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
area.madvise(mmap.MADV_HUGEPAGE)
area[huge] = 1
start = ctypes.addressof(ctypes.c_char.from_buffer(area)) + huge
libc = ctypes.CDLL(None, use_errno=True)
if libc.vmsplice(os.pipe()[1], ctypes.byref(Vector(start, 1)), ctypes.c_ulong(1), 0) != 1:
    raise OSError(ctypes.get_errno(), "vmsplice")
