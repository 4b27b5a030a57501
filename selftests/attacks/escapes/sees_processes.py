"""Looks for processes that are not its own."""

import os
if len([name for name in os.listdir("/proc") if name.isdigit()]) <= 1:
    raise LookupError("nobody else is here")
