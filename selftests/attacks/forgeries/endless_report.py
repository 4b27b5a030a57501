"""Step 01. Puts megabytes into all that a report would show, past the limits of its own process."""

import sys

child = sys.modules["__main__"].Child
LONG = "long " * 200_000
child._encode = lambda self, value, arrays, depth=0: LONG


class GPT2Config:
    pass
