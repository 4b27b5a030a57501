"""Environments of their own, for packages that the course itself does not need."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def python_with(requirements: Sequence[str], environment: Path) -> str:
    """The Python of an environment with these packages, which is made on first use.

    Raises:
        subprocess.CalledProcessError: they cannot be installed.
    """
    python = environment / "bin" / "python"
    installed = environment / "requirements.txt"
    wanted = "\n".join(requirements)
    if not (installed.is_file() and installed.read_text() == wanted):
        names = ", ".join(pin.replace("==", " ") for pin in requirements)
        print(f"installing {names} into {environment}", file=sys.stderr)
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
            subprocess.run([python, "-m", "pip", "install", "-qq", *requirements], check=True)
        except subprocess.CalledProcessError:
            shutil.rmtree(environment, ignore_errors=True)
            raise
        installed.write_text(wanted)
    return str(python)
