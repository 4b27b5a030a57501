"""Attaches to another process with ptrace."""

import ctypes
if ctypes.CDLL(None, use_errno=True).ptrace(16, 1, None, None):  # PTRACE_ATTACH
    raise OSError(ctypes.get_errno(), "ptrace")
