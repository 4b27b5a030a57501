"""The files of the course, and a copy of them all."""

import shutil
import subprocess
from pathlib import Path

from course.curriculum.steps import ROOT


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


def _is_ignored(path: Path) -> bool:
    """Whether git would ignore it: caches, the environment, the learner's own records."""
    return any(part == "__pycache__" or (part.startswith(".") and part != ".ci") for part in path.parent.parts)
