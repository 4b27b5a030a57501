"""Archives as somebody may hand them in, and what is read of them."""

import io
import tarfile
import zipfile
from pathlib import Path

from course.grading.submissions import Submission


def make_zip(path: Path, *names: str, packing: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name in names:
            archive.writestr(name, f"# {name}")
    return path


def make_tar(path: Path, *entries: tarfile.TarInfo | str, packing: str = "gz") -> Path:
    with tarfile.open(path, f"w:{packing}") as archive:
        for entry in entries:
            info = tarfile.TarInfo(entry) if isinstance(entry, str) else entry
            data = f"# {info.name}".encode() if info.isreg() else b""
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def read(path: Path) -> dict[int, bytes]:
    return Submission(path.name, path).read()
