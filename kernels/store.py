"""The packed kernels: which of them this machine's processor can run, checked and unpacked in memory.

An archive is named by what it holds, the version of MAX that compiled it and the processor it was compiled for.
index.json says for each one its SHA-256 and a digest of what it was compiled from. An archive that is missing or not
the one in the index is left alone: whoever asked for it compiles instead.
"""

import hashlib
import io
import json
import lzma
import platform
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

FOLDER = Path(__file__).parent
INDEX = FOLDER / "index.json"
NEEDS = FOLDER / "needs.json"  # the kernels that each step needs, where none are shipped

# Processors that kernels are compiled for, the most capable first, and the flags by which Linux shows one
# (x86-64 psABI, "microarchitecture levels").
V3 = frozenset("avx avx2 bmi1 bmi2 f16c fma abm movbe xsave".split())
TARGETS = {
    "x86-64-v4": V3 | frozenset("avx512f avx512bw avx512cd avx512dq avx512vl".split()),
    "x86-64-v3": V3,
}
FULL_SPEED = "x86-64-v4"  # what is compiled for it is as fast as what is compiled on the spot


@dataclass(frozen=True)
class Archive:
    """One packed file.

    Attributes:
        kind: what it holds: "eager" (the course's eager operations), "engine" or "storyteller".
        made_from: identifies what it was compiled from, as its maker defines it.
        max: the version of MAX that compiled it, and that alone can load it.
    """

    file: str
    kind: str
    target: str
    max: str
    made_from: str
    sha256: str


def read_index() -> list[Archive]:
    """The archives that come with the course."""
    return [Archive(**entry) for entry in json.loads(INDEX.read_text(encoding="utf-8"))]


def write_index(archives: list[Archive]) -> None:
    """Record which archives there are."""
    INDEX.write_text(json.dumps([asdict(archive) for archive in archives], indent=1) + "\n", encoding="utf-8")


@cache
def targets() -> tuple[str, ...]:
    """The targets whose code runs on this machine, the best one first; none where nothing is shipped."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return ()
    flags = _flags(Path("/proc/cpuinfo"))
    return tuple(target for target, needed in TARGETS.items() if needed <= flags)


def _flags(cpuinfo: Path) -> frozenset[str]:
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), []))


@cache
def _needs() -> dict[int, frozenset[str]]:
    return {int(step): frozenset(keys) for step, keys in json.loads(NEEDS.read_text(encoding="utf-8")).items()}


def needs(step: int) -> frozenset[str]:
    """The kernels that the checks of a step need on its solution, by their keys."""
    return _needs().get(step, frozenset())


def usable(kind: str, made_from: str | None = None) -> Iterator[tuple[str, dict[str, bytes]]]:
    """The archives of a kind that run here: for which target, and the files by name; the best one first."""
    for target in targets():
        if files := unpack(kind, target, made_from):
            yield target, files


def unpack(kind: str, target: str, made_from: str | None = None) -> dict[str, bytes] | None:
    """The files of an archive by name, or None where there is none that can be used here.

    Args:
        made_from: what it must have been compiled from; without it, whatever there is.
    """
    try:
        archives = read_index()
    except (OSError, ValueError, TypeError):
        return None
    for archive in archives:
        if (archive.kind, archive.target, archive.max) != (kind, target, version("max")):
            continue
        if made_from not in (None, archive.made_from):
            continue
        try:
            packed = (FOLDER / archive.file).read_bytes()
        except OSError:
            return None
        return _members(packed) if hashlib.sha256(packed).hexdigest() == archive.sha256 else None
    return None


def _members(packed: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(lzma.decompress(packed))) as archive:
        return {info.name: archive.extractfile(info).read() for info in archive if info.isfile()}  # type: ignore[union-attr]


def pack(folder: Path, kind: str, target: str, made_from: str) -> Archive:
    """Pack a folder's files into an archive, which is the same for the same files."""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as archive:
        for path in sorted(folder.iterdir()):
            info = tarfile.TarInfo(path.name)
            info.size = path.stat().st_size
            with path.open("rb") as file:
                archive.addfile(info, file)
    packed = lzma.compress(memory.getvalue(), preset=9 | lzma.PRESET_EXTREME)
    name = f"{kind}-max{version('max')}-{target}.tar.xz"
    (FOLDER / name).write_bytes(packed)
    return Archive(name, kind, target, version("max"), made_from, hashlib.sha256(packed).hexdigest())
