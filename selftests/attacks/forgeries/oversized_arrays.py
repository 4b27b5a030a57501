"""Step 03. Announces arrays of more numbers than any memory holds."""

import json
import os
import struct
import sys

header = json.dumps({"message": ["value", 0], "arrays": [{"dtype": "float32", "shape": [1 << 26] * 8}]}).encode()
os.write(int(sys.argv[2]), struct.pack("<I", len(header)) + header)
