"""Starts ten thousand threads."""

import threading
threading.stack_size(1 << 20)
waiting = threading.Event()
for _ in range(10_000):
    threading.Thread(target=waiting.wait, daemon=True).start()
