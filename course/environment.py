"""Environments apart from the course's, for packages that it does without. Each is made on first use."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from course.refusal import Refusal

SPACE = 2_000_000_000  # bytes that PyTorch takes, with what pip unpacks on the way


def python_with(requirements: Sequence[str], environment: Path) -> str:
    """The Python of an environment that has these packages. It is made if it is not there, or has other packages.

    Raises:
        Refusal: they cannot be installed; what there was of the environment is gone.
    """
    python = environment / "bin" / "python"
    installed = environment / "requirements.txt"  # written last: whatever interrupts the rest, it is made again
    wanted = "\n".join(requirements)
    if installed.is_file() and installed.read_text() == wanted:
        return str(python)
    named = ", ".join(requirements)
    there = next(folder for folder in environment.parents if folder.is_dir())
    if (free := shutil.disk_usage(there).free) < SPACE:
        raise Refusal(f"{named} may need {SPACE / 1e9:.0f} GB in {environment}, where {free / 1e9:.1f} GB are free")
    print(f"Installing {named} into {environment}, once: some minutes.", file=sys.stderr)
    try:
        _install(environment, requirements)
    except subprocess.CalledProcessError as error:
        why = [line.strip() for line in (error.stderr or error.stdout).splitlines() if line.strip()]
        raise Refusal(f"{named} cannot be installed. Is there a network? {' '.join(why[-2:])}") from error
    finally:
        if sys.exc_info()[0]:
            shutil.rmtree(environment, ignore_errors=True)
    installed.write_text(wanted)
    return str(python)


def _install(environment: Path, requirements: Sequence[str]) -> None:
    python = environment / "bin" / "python"
    _run(sys.executable, "-m", "venv", "--clear", "--without-pip", environment)
    if uv := shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"):
        # uv knows where PyTorch's builds for CPUs are, which take a tenth of those that PyPI has for Linux.
        options = "pip install --quiet --torch-backend cpu --python".split()
        with contextlib.suppress(subprocess.CalledProcessError):  # pip reads settings that uv does not
            return _run(uv, *options, python, *requirements, UV_HTTP_RETRIES="0")
    _run(python, "-m", "ensurepip")
    return _run(python, "-m", "pip", "install", "-qq", "--no-compile", "--retries", "1", *requirements)


def _run(*command: str | Path, **settings: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | settings)
