"""Step 03. Begins an answer, and never ends it."""

import os
import struct
import sys
import time

os.write(int(sys.argv[2]), struct.pack("<I", 1000) + b"{")
time.sleep(1000)
