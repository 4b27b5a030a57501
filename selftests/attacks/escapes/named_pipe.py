"""Makes a file that is a pipe: whoever opens it waits."""

import os
os.mkfifo("/tmp/pipe")
