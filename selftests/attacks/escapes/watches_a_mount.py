"""Watches files with fanotify, which any user may since Linux 5.13."""

import ctypes
libc = ctypes.CDLL(None, use_errno=True)
if libc.fanotify_init(0x200, 0) < 0:  # FAN_REPORT_FID
    raise OSError(ctypes.get_errno(), "fanotify_init")
