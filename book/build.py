"""Runs mdBook, so that its preprocessor is the Python that runs this."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from course.todos import ROOT

BOOK = ROOT / "book"


class NoMdbook(FileNotFoundError):
    """mdBook is not installed."""


def mdbook(command: str, *arguments: str) -> int:
    """Run ``mdbook build`` or ``mdbook serve`` on the book, and return its exit code.

    Raises:
        NoMdbook: there is none in this environment.
    """
    beside = Path(sys.executable).with_name("mdbook")
    program = str(beside) if beside.is_file() else shutil.which("mdbook")
    if not program:
        raise NoMdbook("mdbook is not installed; ./run installs it with the rest of requirements.lock")
    environment = {
        **os.environ,
        "MDBOOK_PREPROCESSOR__COURSE__COMMAND": shlex.join([sys.executable, "-m", "book.preprocess"]),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run([program, command, str(BOOK), *arguments], env=environment).returncode
