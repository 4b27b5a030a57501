"""What this machine has compiled itself: kept in the user's cache folder, which several machines may share."""

import hashlib
import os
import platform
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_cache_path


def folder(kind: str, made_from: str = "") -> Path:
    """Where kernels of a kind are kept, by what they were compiled from and for: MAX and the processor included."""
    key = f"{version('max')} {_processor()} {made_from}"
    return user_cache_path("gpt2-in-max") / f"{kind}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def keep(file: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` write a file: aside, then moved to its place whole. Where that is impossible nothing is kept."""
    with suppress(OSError, RuntimeError):  # the disk is full, or not to be written
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent) as aside:
            write(Path(aside) / file.name)
            os.replace(Path(aside) / file.name, file)


@cache
def _processor() -> str:
    """What the processor can do."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # not Linux
        return platform.platform() + platform.processor()
    return "".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))
