"""Step 03. Ends the process at once with the exit code for all is well."""

import os

os._exit(0)
