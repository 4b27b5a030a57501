"""gpt2/kernels, which MAX wants precompiled: once for each version of them and of MAX."""

import hashlib
import os
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from mojo.run import subprocess_run_mojo
from platformdirs import user_cache_path

SOURCE = Path(__file__).parent / "kernels"


def kernel_library() -> Path:
    """The kernels as MAX loads them.

    They lie in the user's cache, under a name that depends on what is in them and not on where this
    repository is, so that MAX finds what it has compiled for another copy of it. Where nothing can be
    written MAX gets the source, and precompiles it each time.
    """
    digest = hashlib.sha256(version("modular").encode())
    for path in sorted(SOURCE.glob("*.mojo")):
        digest.update(path.read_bytes())
    folder = user_cache_path("gpt2-in-max") / digest.hexdigest()[:16]
    library = folder / "gpt2_kernels.mojoc"
    if not library.exists():
        try:
            _precompile(library)
        except OSError:
            return SOURCE
    return library


def _precompile(library: Path) -> None:
    """Make the library aside and move it to its place, for another process may look, or do the same."""
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=library.parent) as aside:
        # By a relative name, because the names of the source become a part of the library.
        shutil.copytree(SOURCE, Path(aside) / library.stem)
        command = ["precompile", library.stem, "-o", library.name]
        subprocess_run_mojo(command, cwd=aside, check=True, capture_output=True)
        os.replace(Path(aside) / library.name, library)
