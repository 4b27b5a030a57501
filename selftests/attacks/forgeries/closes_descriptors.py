"""Step 03. Closes all that it was given."""

import os

os.closerange(0, 100)
