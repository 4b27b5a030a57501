"""Step 03. Announces an answer of four gigabytes."""

import os
import struct
import sys

os.write(int(sys.argv[2]), struct.pack("<I", 0xFFFFFFFF))
