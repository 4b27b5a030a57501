"""The extension module that MAX compiles when ``max.experimental.nn`` is first imported: put in its place, compiled.

Compiling takes six seconds, and what is compiled runs on processors like this one alone: an image or an environment
that moves to a lesser one dies of an illegal instruction. What is shipped runs on every x86-64-v3.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from kernels import store
from kernels.kept import keep


def source() -> Path:
    """The extension's source, in the installed MAX, which is not imported for it."""
    spec = find_spec("max")
    assert spec and spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations))) / "_kv_cache_ops" / "kv_cache_ops.mojo"


def compiled(source: Path) -> Path:
    """Where MAX looks for the compiled extension: beside its source, by a digest of it (``mojo/importer.py``)."""
    digest = hashlib.sha256()
    for path in sorted(source.parent.rglob("*.mojo")):
        digest.update(str(path.relative_to(source.parent)).encode())
        digest.update(path.read_bytes())
    return source.parent / "__mojocache__" / f"{source.stem}.hash-{digest.hexdigest()[:16]}.so"


def install() -> None:
    """Put the shipped extension in its place, if none is there. Where that is impossible MAX compiles its own."""
    place = compiled(source())
    if place.exists():
        return
    _, files = next(store.usable("extension", made_from=place.name), ("", {}))

    def write(new: Path) -> None:
        new.write_bytes(files[place.name])
        new.chmod(0o755)

    if files:
        keep(place, write)
