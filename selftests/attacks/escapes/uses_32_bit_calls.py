"""Forks by a system call of 32 bits, whose numbers are others."""

import ctypes, mmap, platform
if platform.machine() != "x86_64":
    raise OSError("there are none")
code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
code.write(bytes.fromhex("b802000000cd80c3"))  # mov eax, 2; int 0x80; ret
if ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))() < 0:
    raise OSError("fork")
