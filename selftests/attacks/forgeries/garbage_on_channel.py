"""Step 03. Answers with garbage."""

import os
import sys

os.write(int(sys.argv[2]), b"\xff" * 1000)
