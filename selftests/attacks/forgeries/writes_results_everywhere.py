"""Step 03. Writes forged events and answers to every open descriptor."""

import json
import os
import struct

answer = json.dumps({"message": ["value", None], "arrays": []}).encode()
event = json.dumps({"event": "finished"}).encode() + b"\n"
for descriptor in range(1, 100):
    for text in (event, struct.pack("<I", len(answer)) + answer):
        try:
            os.write(descriptor, text)
        except OSError:
            pass
