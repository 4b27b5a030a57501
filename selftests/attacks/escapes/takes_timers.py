"""Takes timers, which are counted for the user and not for the process, until there are no more."""

import ctypes
timer, create = ctypes.c_void_p(), ctypes.CDLL("librt.so.1", use_errno=True).timer_create
for _ in range(10_000):
    if create(1, None, ctypes.byref(timer)):
        raise OSError(ctypes.get_errno(), "timer_create")
