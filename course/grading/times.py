"""When something was handed in, as far as it says itself: by its Git history, else by its files' times."""

import os
import re
import subprocess
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from course.grading.contents import ENTRIES_LIMIT, is_step
from course.grading.deadlines import Moment

SECONDS = 10.0  # for git
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def moment(path: Path) -> Moment:
    """When a file or a folder was handed in."""
    if (path / ".git").is_dir() and (time := committed(path / ".git")):
        return Moment(time, "Git")
    return Moment(modified(path), "file")


def modified(path: Path) -> datetime | None:
    """When the steps in it were last changed; of what has none, when it was changed itself."""
    try:
        places = [path]
        if path.is_dir() and not path.is_symlink():
            files = islice(path.rglob("*.py"), ENTRIES_LIMIT)
            places = [each for each in files if is_step(each.name) and not each.is_symlink()] or [path]
        return datetime.fromtimestamp(max(each.lstat().st_mtime for each in places)).astimezone()
    except (OSError, OverflowError, ValueError):
        return None


def committed(repository: Path) -> datetime | None:
    """When the commit that is checked out was made.

    A repository's own settings can make git start programs. So git reads its objects alone, from a repository of ours.
    """
    commit = _head(repository)
    if not commit:
        return None
    with TemporaryDirectory() as own:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        environment = kept | {"GIT_CONFIG_NOSYSTEM": "1", "HOME": own, "XDG_CONFIG_HOME": own}
        try:
            subprocess.run(["git", "init", "--quiet", "--bare", own], env=environment, check=True, capture_output=True)
            found = subprocess.run(
                ["git", "--git-dir", own, "cat-file", "commit", commit],
                env=environment | {"GIT_OBJECT_DIRECTORY": str(repository.resolve() / "objects")},
                capture_output=True,
                timeout=SECONDS,
                check=True,
            ).stdout
        except (OSError, subprocess.SubprocessError):
            return None
    head = found.partition(b"\n\n")[0]
    committer = re.search(rb"^committer .* (\d{1,11}) [+-]\d{4}$", head, re.MULTILINE)
    return datetime.fromtimestamp(int(committer[1]), timezone.utc).astimezone() if committer else None


def _head(repository: Path) -> str | None:
    """The hash of what is checked out."""
    try:
        text = _start(repository / "HEAD").strip()
        if not text.startswith("ref: refs/") or ".." in text:
            return text if _HASH.fullmatch(text) else None
        name = text.removeprefix("ref: ")
        if (repository / name).is_file():
            found = _start(repository / name).strip()
        else:
            packed = _start(repository / "packed-refs")
            found = next((line.partition(" ")[0] for line in packed.splitlines() if line.endswith(f" {name}")), "")
    except (OSError, ValueError):
        return None
    return found if _HASH.fullmatch(found) else None


def _start(path: Path) -> str:
    """The beginning of a small text file, which is no link and nothing that one waits for."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, encoding="utf-8", errors="replace") as file:
        return file.read(1 << 20)
