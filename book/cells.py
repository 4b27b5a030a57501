"""What a cell of the notebook that begins with ``%%step 8`` does: it checks the learner's step that is in it.

``load_ipython_extension`` is what IPython calls for ``%load_ext book.cells``.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from course.curriculum.files import own_folder
from course.curriculum.steps import ROOT, step_path


def check(number: str, code: str, folder: Path | None = None) -> str:
    """What ``./run check`` prints of a step, given its code, which is kept in .course/notebook/.

    Raises:
        ValueError: there is no such step.
    """
    if not number.strip().isdecimal():
        raise ValueError(f"%%step {number}: expected a step's number, as in %%step 8")
    folder = folder or own_folder() / "notebook"
    folder.mkdir(parents=True, exist_ok=True)
    step_path(int(number), folder).write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "course", "check", number.strip(), "--from", str(folder)]
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8"
    )
    return ran.stdout or ran.stderr


def load_ipython_extension(shell: Any) -> None:
    shell.register_magic_function(
        lambda line, cell: print(check(line, cell), end=""), magic_kind="cell", magic_name="step"
    )
