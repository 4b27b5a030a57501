"""Step 03. Answers with lists in lists in lists."""

import os
import struct
import sys

header = b'{"message": ' + b"[" * 500_000
os.write(int(sys.argv[2]), struct.pack("<I", len(header)) + header)
