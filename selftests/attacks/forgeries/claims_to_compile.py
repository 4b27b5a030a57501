"""Step 03. Says again and again that MAX compiles a kernel, to gain time."""

import json
import os
import struct
import sys

header = json.dumps({"message": ["compiling", False], "arrays": []}).encode()
while True:
    os.write(int(sys.argv[2]), struct.pack("<I", len(header)) + header)
