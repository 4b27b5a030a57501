"""Opens a pseudo-terminal, of which the whole machine has a few thousand."""

import os
os.open("/dev/ptmx", os.O_RDWR)
