"""Makes sure that a program which the machine keeps for crashes would get its memory, outside and as root."""

import ctypes, resource
prctl = ctypes.CDLL(None, use_errno=True).prctl
if prctl(3, 0, 0, 0, 0) != 1 and prctl(4, 1, 0, 0, 0):  # PR_GET_DUMPABLE, PR_SET_DUMPABLE
    raise OSError(ctypes.get_errno(), "prctl")
