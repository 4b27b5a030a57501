"""Starts more threads than anybody needs: no limit on memory counts what the kernel has for each."""

import ctypes
import threading
threading.stack_size(32 << 10)
waiting = threading.Event()
for _ in range(700):
    threading.Thread(target=waiting.wait, daemon=True).start()
