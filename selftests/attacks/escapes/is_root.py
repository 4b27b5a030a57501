"""Is root, if only inside."""

from pathlib import Path
if "Uid:\t0\t" not in Path("/proc/self/status").read_text():
    raise PermissionError("nobody")
