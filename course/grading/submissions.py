"""What people hand in: one submission each, found at the paths that an instructor names."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from course.grading import contents
from course.grading.contents import Steps
from course.refusal import Refusal

NOTHING = "holds no step_NN.py"


class BadSubmission(Refusal):
    """It cannot be read; the message says why."""


@dataclass(frozen=True)
class Submission:
    """What one person handed in."""

    name: str
    path: Path

    def read(self) -> Steps:
        """The content of each step that is there.

        Raises:
            BadSubmission: there is none, or it is there twice, or is not what it seems to be.
        """
        name = self.path.name
        if self.path.is_symlink():
            raise BadSubmission("found but not used: a link")
        if self.path.is_file() and not name.lower().endswith(contents.ARCHIVES) and contents.may_be_meant(name):
            raise BadSubmission(f"found but not used: {contents.why_unused(name)}")
        return self._read(lambda: contents.read(self.path))

    def _read(self, read: Callable[[], Steps]) -> Steps:
        try:
            steps = read()
        except Exception as error:  # whatever a spoiled archive makes of the libraries that unpack it
            raise BadSubmission(f"cannot be read: {error or type(error).__name__}") from None
        if not steps:
            unused = f"; found but not used: {steps.unused}" if steps.unused else ""
            raise BadSubmission(NOTHING + unused)
        return steps


def find(paths: Iterable[Path], out: Path | None = None, whole: bool = False) -> list[Submission]:
    """The submissions at these paths: each is one, or a folder of them.

    Args:
        out: where the grades are put. What an earlier run has put there, or elsewhere, is nobody's submission.
        whole: each path is one submission, whatever folders are in it.

    Raises:
        FileNotFoundError: there is no such path.
        BadSubmission: a path is no submission, and holds none.
    """
    found: dict[Path, None] = {}
    for path in paths:
        path = path.resolve(strict=True)
        here = [path] if whole or is_one(path) else _children(path, out and out.resolve())
        if not any(_problem(each) != NOTHING and not each.is_symlink() for each in here):
            raise BadSubmission(f"{path} holds no submission: no step_NN.py, and no folder, zip or tar file with one")
        found.update(dict.fromkeys(here))
    names = [path.name for path in found]
    return [Submission(path.name if names.count(path.name) == 1 else str(path), path) for path in found]


def _problem(path: Path) -> str | None:
    """Why it has no steps, if it has none."""
    try:
        Submission(path.name, path).read()
    except BadSubmission as error:
        return str(error)
    return None


def is_one(path: Path) -> bool:
    """Whether it is one person's: a file, or a folder with steps in it or in its folder steps/."""
    return path.is_file() or any(
        contents.is_step(each.name) for place in (path, path / "steps") if place.is_dir() for each in place.iterdir()
    )


def _children(folder: Path, out: Path | None) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each != out and _belongs(each))


def _belongs(path: Path) -> bool:
    """Whether it belongs into the list, be it only to be told what is wrong with it."""
    if contents.is_systems(path.name) or is_output(path):
        return False
    return path.is_dir() or contents.may_be_meant(path.name) or not _problem(path)


def is_output(path: Path) -> bool:
    """Whether an earlier run has put its grades there."""
    return (path / "grades.json").is_file() and (path / "results").is_dir()
