"""Mounts a file system of its own, without limits."""

import ctypes
if ctypes.CDLL(None, use_errno=True).mount(b"none", b"/tmp", b"tmpfs", 0, None):
    raise OSError(ctypes.get_errno(), "mount")
