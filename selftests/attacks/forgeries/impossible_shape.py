"""Step 03. Announces an array without numbers, of a shape beyond all bounds."""

import json
import os
import struct
import sys

header = json.dumps({"message": ["value", 0], "arrays": [{"dtype": "float32", "shape": [0] + [1 << 26] * 7}]}).encode()
os.write(int(sys.argv[2]), struct.pack("<I", len(header)) + header)
