"""Takes memory of the kernel for a queue of messages."""

import ctypes
import os
library = ctypes.CDLL(None)
if library.mq_open(b"/gpt2-course", os.O_CREAT | os.O_RDWR, 0o600, None) < 0:
    raise PermissionError("mq_open")
