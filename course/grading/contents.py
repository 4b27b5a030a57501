"""The steps in what somebody handed in: a folder, a zip or a tar file, however deep in it, taken apart with care.

Only the steps are read, and only as bytes. What else is there, wherever it points, is left alone, and told where
somebody may have meant it to count.
"""

import bz2
import gzip
import io
import lzma
import os
import re
import stat
import tarfile
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from course.curriculum.steps import STEPS

FILE_LIMIT = 1 << 17  # bytes of a step: twenty times the longest solution
ENTRIES_LIMIT = 10_000  # files in an archive or a folder
ARCHIVE_LIMIT = 1 << 26  # bytes of an archive, packed and unpacked
NESTED = 2  # archives in an archive, and in those
TOLD = 5  # files that are named, of those that were found but not used
NAME_LIMIT = 80  # characters of a name in a message

ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz")
UNREADABLE = (".7z", ".rar", ".zst", ".lz", ".lzma", ".z", ".ace", ".cab")  # archives of other kinds

_STEP = re.compile(r"step_([0-9][0-9])\.py")
_MEANT = re.compile(r"(?!test_).*step\D{0,3}(\d+).*\.(?:py\W*|pyw|ipynb|py\.txt)", re.IGNORECASE | re.DOTALL)
_ZIP_ENTRY = b"PK\x01\x02"  # begins each entry of a zip file's directory
_PACKED: dict[bytes, Callable[..., Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}


class Steps(dict[int, bytes]):
    """The content of each step, by its number.

    ``unused`` names the files that may have been meant, each with why it does not count.
    """

    unused: str = ""


@dataclass(frozen=True)
class Entry:
    """A file in a folder or in an archive."""

    path: PurePosixPath
    read: Callable[[int], bytes]  # so many bytes at most; of an archive, before the next entry is asked for
    depth: int = 0  # the less of it, the nearer: of two files for a step the nearer one counts
    why_left: str = ""  # why it is not read, where it is not


def read(path: Path) -> Steps:
    """The steps that are at a path.

    Raises:
        ValueError: a step is there twice, or too long, or what is there is too large, or no archive.
        Exception: whatever a spoiled archive makes of the libraries that unpack it.
    """
    if stat.S_ISDIR(path.lstat().st_mode):
        return _steps(lambda: _in_folder(path), NESTED)
    return _steps(lambda: _in_archive(_open(path)), NESTED)


def read_files(files: Sequence[tuple[str, Path]]) -> Steps:
    """The steps in files that lie side by side, each with the name under which it was handed in.

    Raises:
        ValueError: a step is there twice, or too long, or a file is a link.
    """
    entries = [Entry(PurePosixPath(name), partial(_read_file, path)) for name, path in files]
    return _steps(lambda: iter(entries), NESTED)


def is_step(name: str) -> bool:
    """Whether a file of this name is read as a step."""
    match = _STEP.fullmatch(name)
    return match is not None and int(match[1]) in STEPS


def is_systems(name: str) -> bool:
    """Whether it belongs to nobody: what is hidden, and what macOS and Python put beside everything."""
    return name.startswith(".") or name in ("__MACOSX", "__pycache__")


def may_be_meant(name: str) -> bool:
    """Whether a file of this name may hold steps, be it in a form that is not read."""
    return name.lower().endswith((*ARCHIVES, *UNREADABLE, ".ipynb")) or bool(_MEANT.fullmatch(name))


def why_unused(name: str) -> str:
    """Why a file of this name does not count."""
    suffix = PurePosixPath(name.lower()).suffix
    if suffix in UNREADABLE:
        return f"{suffix} is not read: hand in a folder, a zip or a tar file"
    if suffix == ".ipynb":
        return "a notebook: hand in step_NN.py"
    if (match := _MEANT.fullmatch(name)) and not is_step(name):
        number = int(match[1][:3])
        return f"expected step_{number:02}.py" if number in STEPS else "there is no such step"
    return "it holds no step_NN.py" if name.lower().endswith(ARCHIVES) else "hand in a folder, a zip or a tar file"


def _steps(entries: Callable[[], Iterator[Entry]], nested: int) -> Steps:
    """The steps of a folder or an archive, and those that only the archives beside them have."""
    found: dict[int, Entry] = {}
    steps = Steps()
    others: dict[PurePosixPath, str] = {}  # what may have been meant, and why it does not count
    for entry in entries():
        name = entry.path.name
        if not is_step(name) or entry.why_left:
            if entry.why_left or may_be_meant(name):
                others[entry.path] = entry.why_left or why_unused(name)
            continue
        step = int(name[5:7])
        if step in found and found[step].depth < entry.depth:
            others[entry.path] = f"{found[step].path} counts"
        else:
            _add(steps, step, _limited(entry))
            found[step] = entry
    places = {_place(entry.path) for entry in found.values()}
    others = {
        path: why for path, why in others.items() if not found or _MEANT.fullmatch(path.name) or _place(path) in places
    }
    packed = _from_archives((entry for entry in entries() if entry.path in others), others, nested)
    for step, content in packed.items():
        steps.setdefault(step, content)
    told = [f"{str(path)[-NAME_LIMIT:]} ({why})" for path, why in others.items()]
    more = [f"{len(told) - TOLD} more"] if len(told) > TOLD else []
    steps.unused = ", ".join(filter(None, [packed.unused, *told[:TOLD], *more]))
    return steps


def _from_archives(entries: Iterator[Entry], others: dict[PurePosixPath, str], nested: int) -> Steps:
    """The steps of the archives among these files. Those that hold some go from the others."""
    steps = Steps()
    if not nested or not any(path.name.lower().endswith(ARCHIVES) for path in others):
        return steps  # before anything is unpacked again
    left = ARCHIVE_LIMIT
    for entry in entries:
        if entry.why_left or not entry.path.name.lower().endswith(ARCHIVES):
            continue
        try:
            data = entry.read(left + 1)
            left -= len(data)
            if left < 0:
                raise ValueError(f"archives of more than {ARCHIVE_LIMIT >> 20} MiB")
            inner = _steps(lambda: _in_archive(io.BytesIO(data)), nested - 1)  # noqa: B023
        except Exception as error:  # a spoiled one beside others
            others[entry.path] = f"cannot be read: {error or type(error).__name__}"
            continue
        for step, content in inner.items():
            _add(steps, step, content)
        steps.unused = ", ".join(filter(None, [steps.unused, inner.unused]))
        if inner:
            del others[entry.path]
    return steps


def _add(steps: Steps, step: int, content: bytes) -> None:
    if steps.setdefault(step, content) != content:
        raise ValueError(f"step_{step:02}.py is there twice")


def _limited(entry: Entry) -> bytes:
    content = entry.read(FILE_LIMIT + 1)
    if len(content) > FILE_LIMIT:
        raise ValueError(f"{entry.path.name} is larger than {FILE_LIMIT} bytes")
    return content


def _place(path: PurePosixPath) -> PurePosixPath:
    """The folder of a file. What lies in steps/ lies beside it."""
    return path.parent.parent if path.parent.name == "steps" else path.parent


# Folders


def _in_folder(folder: Path) -> Iterator[Entry]:
    """The files of a folder and of those in it, the nearest first. What lies in steps/ is as near as if beside it."""
    waiting = deque([(folder, 0)])
    count = 0
    while waiting:
        place, depth = waiting.popleft()
        try:
            names = sorted(os.listdir(place), key=lambda name: (not is_step(name), name))
        except OSError as error:
            yield Entry(PurePosixPath(place.relative_to(folder)), _nothing, depth, error.strerror or "not readable")
            continue
        for name in names:
            if is_systems(name):
                continue
            child = place / name
            path = PurePosixPath(child.relative_to(folder))
            count += 1
            if count > ENTRIES_LIMIT:
                yield Entry(path.parent, _nothing, depth, f"more than {ENTRIES_LIMIT} files: the rest is not looked at")
                return
            if not child.is_dir():
                yield Entry(path, partial(_read_file, child), depth)
            elif child.is_symlink():
                yield Entry(path, _nothing, depth, "a link")
            elif name == "steps":
                waiting.appendleft((child, depth))
            else:
                waiting.append((child, depth + 1))


def _nothing(size: int) -> bytes:
    return b""


def _read_file(path: Path, size: int) -> bytes:
    with _open(path) as file:
        return file.read(size)


def _open(path: Path) -> BinaryIO:
    """A regular file, and nothing that a link leads to or that waits for somebody to write into it."""
    if path.is_symlink():
        raise ValueError(f"{path.name} is a link")
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(f"{path.name} is not a regular file")
    return open(descriptor, "rb")


def _is_systems(path: PurePosixPath) -> bool:
    return any(is_systems(part) for part in path.parts if part != "..")


# Archives


def _in_archive(file: BinaryIO) -> Iterator[Entry]:
    with file:
        if file.seek(0, os.SEEK_END) > ARCHIVE_LIMIT:
            raise ValueError(f"an archive of more than {ARCHIVE_LIMIT >> 20} MiB")
        if zipfile.is_zipfile(file):
            file.seek(0)
            if file.read().count(_ZIP_ENTRY) > ENTRIES_LIMIT:
                raise ValueError(f"more than {ENTRIES_LIMIT} files")
            with zipfile.ZipFile(file) as archive:
                yield from _in_zip(archive)
            return
        file.seek(0)
        with _unpacked(file) as plain, _tar(plain) as archive:
            yield from _in_tar(archive)


def _in_zip(archive: zipfile.ZipFile) -> Iterator[Entry]:
    for info in archive.infolist():
        path = _path(info.filename)
        if not info.is_dir() and not _is_systems(path):
            is_regular = stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG)
            yield Entry(path, partial(_read_zipped, archive, info), 0, _why_left(path, is_regular))


def _read_zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo, size: int) -> bytes:
    with archive.open(info) as file:
        return file.read(size)


def _tar(file: "_Limited") -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=file, mode="r|")  # type: ignore[call-overload]
    except tarfile.TarError:
        raise ValueError("neither a zip nor a tar file") from None


def _in_tar(archive: tarfile.TarFile) -> Iterator[Entry]:
    for number, info in enumerate(archive):
        if number >= ENTRIES_LIMIT:
            raise ValueError(f"more than {ENTRIES_LIMIT} files")
        path = _path(info.name)
        if not info.isdir() and not _is_systems(path):
            yield Entry(path, partial(_read_member, archive, info), 0, _why_left(path, info.isreg()))


def _read_member(archive: tarfile.TarFile, info: tarfile.TarInfo, size: int) -> bytes:
    with archive.extractfile(info) as file:  # type: ignore[union-attr]  # it is a regular one
        return file.read(size)


def _path(name: str) -> PurePosixPath:
    return PurePosixPath(name.replace("\\", "/"))  # some programs of Windows write such


def _why_left(path: PurePosixPath, is_regular: bool) -> str:
    is_of_interest = is_step(path.name) or may_be_meant(path.name)
    return "" if is_regular or not is_of_interest else "not a regular file"


class _Limited:
    """A file of which no more can be read than the longest archive allowed."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.left = ARCHIVE_LIMIT

    def read(self, size: int) -> bytes:
        data = self.file.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise ValueError(f"more than {ARCHIVE_LIMIT >> 20} MiB")
        return data


@contextmanager
def _unpacked(file: BinaryIO) -> Iterator[_Limited]:
    """What a tar file holds, be it compressed or not.

    tarfile could unpack it too, but has no limit: a header alone may claim gigabytes, and they are read.
    """
    start = file.read(6)
    file.seek(0)
    unpack = next((unpack for magic, unpack in _PACKED.items() if start.startswith(magic)), None)
    if unpack is None:
        yield _Limited(file)
        return
    with unpack(file, "rb") as plain:
        yield _Limited(plain)
