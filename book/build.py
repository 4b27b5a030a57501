"""Runs mdBook, so that its preprocessor is the Python that runs this, with the story model beside the pages."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from book.checkpoint import write_checkpoint
from course.curriculum.steps import ROOT
from course.refusal import Refusal


def mdbook(
    command: str, *arguments: str, root: Path = ROOT, is_quiet: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run ``mdbook build`` or ``mdbook serve`` on the book.

    Args:
        is_quiet: keep what it says for the caller.

    Raises:
        Refusal: there is none in this environment.
    """
    beside = Path(sys.executable).with_name("mdbook")
    program = str(beside) if beside.is_file() else shutil.which("mdbook")
    if not program:
        raise Refusal("mdbook is not installed; ./run installs it with the rest of requirements.lock")
    write_checkpoint(root)
    environment = {
        **os.environ,
        "MDBOOK_PREPROCESSOR__COURSE__COMMAND": shlex.join([sys.executable, "-m", "book.preprocess"]),
        "PYTHONPATH": str(root),
    }
    arguments = (program, command, str(root / "book"), *arguments)
    return subprocess.run(arguments, env=environment, text=True, capture_output=is_quiet)
