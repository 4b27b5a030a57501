"""Takes memory that the kernel keeps secret, even from those who count it."""

import ctypes
if ctypes.CDLL(None).syscall(447, 0) < 0:
    raise PermissionError("memfd_secret")
