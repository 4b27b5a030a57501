"""Changes MAX's compiled kernels, which other processes load."""

import os
from pathlib import Path
cache = Path(os.environ.get("MODULAR_DERIVED_PATH", Path.home() / ".cache" / "modular"))
(cache / "attack").write_text("")
