"""Step 03. Leaves a thread behind that answers in its place, and never ends."""

import json
import os
import struct
import sys
import threading


def answer():
    header = json.dumps({"message": ["value", True], "arrays": []}).encode()
    while True:
        os.write(int(sys.argv[2]), struct.pack("<I", len(header)) + header)


threading.Thread(target=answer).start()
