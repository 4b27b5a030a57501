"""Exports of a whole class that are one zip file, as Canvas, Moodle, Blackboard and Gradescope make them."""

import os
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

from course.grading import contents, platforms
from course.refusal import Refusal

ENTRIES_LIMIT = 200_000  # files of a class
SIZE_LIMIT = 1 << 33  # bytes of a class, unpacked
LOOKED_AT = 6  # folders deep in which names are looked at
ENOUGH = 2  # names of people by which an archive is a class's


def is_class(path: Path, is_somebodys: Callable[[str], bool]) -> bool:
    """Whether a file is an archive of a class, by the names in it."""
    try:
        if path.suffix.lower() != ".zip" or not zipfile.is_zipfile(path):
            return False
        with zipfile.ZipFile(path) as archive:
            names = [_parts(_name(info)) for info in archive.infolist()[:ENTRIES_LIMIT]]
    except (OSError, zipfile.BadZipFile, ValueError):
        return False
    parts = {part for name in names for part in name[:LOOKED_AT]}
    if platforms.METADATA in parts:
        return True
    people = 0
    for part in parts:
        people += not contents.is_step(part) and is_somebodys(part)
        if people >= ENOUGH:
            return True
    return False


def unpack(path: Path, scratch: Path) -> Path:
    """Unpack a class's archive into a new folder, with the times that it has. Returns the folder.

    Raises:
        Refusal: it is too large, or cannot be read.
    """
    folder = Path(mkdtemp(dir=scratch))
    left = SIZE_LIMIT
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if len(infos) > ENTRIES_LIMIT:
                raise Refusal(f"{path} holds more than {ENTRIES_LIMIT} files")
            for info in infos:
                parts = _parts(_name(info))
                if info.is_dir() or not parts or any(map(contents.is_systems, parts)):
                    continue
                with archive.open(info) as file:
                    data = file.read(min(left, contents.ARCHIVE_LIMIT) + 1)
                left -= len(data)
                if left < 0:
                    raise Refusal(f"{path} holds more than {SIZE_LIMIT >> 30} GiB")
                _write(folder.joinpath(*parts), data, info)
    except (OSError, RuntimeError, NotImplementedError, ValueError, zipfile.BadZipFile) as error:
        raise Refusal(f"{path} cannot be unpacked: {error}") from None
    return folder


def _name(info: zipfile.ZipInfo) -> str:
    """A name in an archive. macOS writes UTF-8 without saying so, and it is read as code page 437."""
    with suppress(UnicodeError):
        if not info.flag_bits & 0x800:
            return info.filename.encode("cp437").decode("utf-8")
    return info.filename


def _parts(name: str) -> tuple[str, ...]:
    """The folders and the file in a name, none of which leads elsewhere."""
    parts = PurePosixPath(name.replace("\\", "/").replace("\0", "")).parts
    return tuple(part[:200] for part in parts if part not in ("/", ".", ".."))


def _write(path: Path, data: bytes, info: zipfile.ZipInfo) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    with suppress(ValueError, OverflowError):  # a time that there is not
        moment = time.mktime((*info.date_time, 0, 0, -1))
        os.utime(path, (moment, moment))
