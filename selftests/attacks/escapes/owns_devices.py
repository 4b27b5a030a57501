"""Makes the host's /dev/full its own."""

import os
os.chown("/dev/full", 0, 0)
