"""What people hand in: folders, zip files and tar files with step_NN.py in them, taken apart with care.

Only the steps are read, and only as bytes. What else is there, wherever it points, is left alone.
"""

import bz2
import gzip
import lzma
import os
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from course.curriculum.steps import STEPS
from course.refusal import Refusal

FILE_LIMIT = 1 << 17  # bytes of a step: twenty times the longest solution
ENTRIES_LIMIT = 10_000  # files in an archive or a folder
ARCHIVE_LIMIT = 1 << 26  # bytes of an archive, packed and unpacked

ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz")

_STEP = re.compile(r"(?:.*[/\\])?step_([0-9][0-9])\.py", re.DOTALL)
_ZIP_ENTRY = b"PK\x01\x02"  # begins each entry of a zip file's directory


_PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}


class BadSubmission(Refusal):
    """It cannot be read; the message says why."""


@dataclass(frozen=True)
class Submission:
    """What one person handed in."""

    name: str
    path: Path

    def read(self) -> dict[int, bytes]:
        """The content of each step that is there.

        Raises:
            BadSubmission: there is none, or it is there twice, or is not what it seems to be.
        """
        try:
            steps = _read(self.path)
        except Exception as error:  # whatever a spoiled archive makes of the libraries that unpack it
            raise BadSubmission(f"cannot be read: {error or type(error).__name__}") from None
        if not steps:
            raise BadSubmission("holds no step_NN.py")
        return steps


def find(paths: Iterable[Path]) -> list[Submission]:
    """The submissions at these paths: each is one, or a folder of them.

    Raises:
        FileNotFoundError: there is no such path.
        BadSubmission: a path is no submission, and holds none.
    """
    found: dict[Path, None] = {}
    for path in paths:
        path = path.resolve(strict=True)
        here = [path] if _is_one(path) else [each for each in _children(path) if _may_be_one(each)]
        if not any(_is_one(each) for each in here):
            raise BadSubmission(f"{path} holds no submission: no step_NN.py, and no folder, zip or tar file with one")
        found.update(dict.fromkeys(here))
    names = [path.name for path in found]
    return [Submission(path.name if names.count(path.name) == 1 else str(path), path) for path in found]


def _is_one(path: Path) -> bool:
    try:
        if path.is_dir():
            return any(_STEP.fullmatch(name) for name, _ in _files_of(path))
        return path.is_file() and (zipfile.is_zipfile(path) or _is_tar(path))
    except Exception:  # as in Submission.read
        return False


def _may_be_one(path: Path) -> bool:
    """Whether it belongs into the list, be it only to be told what is wrong with it."""
    return path.is_dir() or path.name.lower().endswith(ARCHIVES) or _is_one(path)


def _is_tar(path: Path) -> bool:
    with _unpacked(path) as file, suppress(tarfile.TarError), tarfile.open(fileobj=file, mode="r|"):
        return True
    return False


def _children(path: Path) -> list[Path]:
    if not path.is_dir():
        return []
    return sorted(each for each in path.iterdir() if not each.name.startswith(".") and not each.is_symlink())


def _read(path: Path) -> dict[int, bytes]:
    if path.is_dir():
        return _steps(_files_of(path))
    if path.stat().st_size > ARCHIVE_LIMIT:
        raise ValueError(f"an archive of more than {ARCHIVE_LIMIT >> 20} MiB")
    if zipfile.is_zipfile(path):
        if path.read_bytes().count(_ZIP_ENTRY) > ENTRIES_LIMIT:
            raise ValueError(f"more than {ENTRIES_LIMIT} files")
        with zipfile.ZipFile(path) as archive:
            return _steps(_files_of_zip(archive))
    with _unpacked(path) as file, tarfile.open(fileobj=file, mode="r|") as archive:
        return _steps(_files_of_tar(archive))


class _Limited:
    """A file of which no more can be read than an archive may be long."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.left = ARCHIVE_LIMIT

    def read(self, size: int) -> bytes:
        data = self.file.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise ValueError(f"more than {ARCHIVE_LIMIT >> 20} MiB")
        return data


@contextmanager
def _unpacked(path: Path) -> Iterator[_Limited]:
    """What a tar file holds, be it compressed or not.

    tarfile could unpack it too, but has no limit: a header alone may claim gigabytes, and they are read.
    """
    with open(path, "rb") as file:
        start = file.read(6)
    unpack = next((unpack for magic, unpack in _PACKED.items() if start.startswith(magic)), open)
    with unpack(path, "rb") as file:
        yield _Limited(file)


Files = Iterator[tuple[str, Callable[[], bytes]]]  # names, and what reads them


def _files_of(folder: Path) -> Files:
    """The steps in a folder, or in the folder steps/ in it."""
    for place in (folder, folder / "steps"):
        if place.is_dir() and not place.is_symlink():
            for entry in os.scandir(place):
                yield entry.name, lambda path=entry.path: _read_file(path)


def _read_file(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"{os.path.basename(path)} is not a regular file")
        return file.read(FILE_LIMIT + 1)


def _files_of_zip(archive: zipfile.ZipFile) -> Files:
    for info in archive.infolist():
        if not info.is_dir() and stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG):
            yield info.filename, lambda info=info: archive.open(info).read(FILE_LIMIT + 1)


def _files_of_tar(archive: tarfile.TarFile) -> Files:
    for number, info in enumerate(archive):
        if number >= ENTRIES_LIMIT:
            raise ValueError(f"more than {ENTRIES_LIMIT} files")
        if info.isreg():
            yield info.name, lambda info=info: archive.extractfile(info).read(FILE_LIMIT + 1)


def _steps(files: Files) -> dict[int, bytes]:
    steps: dict[int, bytes] = {}
    for name, read in files:
        if not (match := _STEP.fullmatch(name)) or (step := int(match[1])) not in STEPS or "__MACOSX" in name:
            continue
        if step in steps:
            raise ValueError(f"step_{step:02}.py is there twice")
        steps[step] = read()
        if len(steps[step]) > FILE_LIMIT:
            raise ValueError(f"step_{step:02}.py is larger than {FILE_LIMIT} bytes")
    return steps
