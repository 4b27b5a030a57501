"""Watches a folder that all submissions see, with what each user has little of."""

import ctypes
libc = ctypes.CDLL(None, use_errno=True)
if libc.inotify_add_watch(libc.inotify_init(), b"/usr/lib", 0x00000FFF) < 0:
    raise OSError(ctypes.get_errno(), "inotify")
