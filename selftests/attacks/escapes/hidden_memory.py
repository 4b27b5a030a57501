"""Fills memory that belongs to files without a name, not to the process."""

import os
for number in range(100):
    os.write(os.memfd_create("hidden"), b"x" * (1 << 24))
