"""The files of the course, a copy of them all, and where what it remembers is kept."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from platformdirs import user_state_path

from course.curriculum.steps import ROOT

SHARED = (".ci", ".devcontainer", ".vscode")  # folders with a dot that belong to the course


def file_names(root: Path) -> list[str]:
    """The repository's files, tracked or not, without those that git ignores."""
    try:
        if not (root / ".git").exists():
            raise FileNotFoundError(".git")
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.split("\0")
        return [name for name in listed if (root / name).is_file()]
    except (OSError, subprocess.CalledProcessError):  # a copy without git, or a machine
        return [
            path.relative_to(root).as_posix()
            for path in root.rglob("*")
            if path.is_file() and not _is_ignored(path.relative_to(root))
        ]


def copy_course(folder: Path) -> None:
    """Copy the course into a folder, where it works as it does here. The environment stays the one that runs this."""
    for name in file_names(ROOT):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)


def own_folder() -> Path:
    """.course/; where it cannot be written, as in a course that is installed once for all, a folder of the user's."""
    own = ROOT / ".course"
    if os.access(own if own.exists() else ROOT, os.W_OK):
        return own
    return user_state_path("gpt2-in-max") / hashlib.sha256(bytes(ROOT)).hexdigest()[:16]


def _is_ignored(path: Path) -> bool:
    """Whether git would ignore it: caches, the environment, the learner's own records."""
    return any(part == "__pycache__" or (part.startswith(".") and part not in SHARED) for part in path.parent.parts)
