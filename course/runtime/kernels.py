"""The kernels of eager MAX that the course uses: shipped, or compiled in batches, once per machine.

MAX compiles a kernel when an eager operation first needs it, each time starting its compiler anew: minutes, for all
that the course uses. So before anything else runs, the kernels that come with the course (``kernels/``) are loaded, and
every operation of the course is tried. Kernels that are missing then are collected instead of compiled, and compiled
together, which takes a quarter of the time, and kept in the user's cache.

This reaches into ``max._interpreter_ops``, which the exact pin on MAX makes safe.
"""

import hashlib
import io
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from max import (
    _interpreter,  # noqa: F401  (registers the kernel families)
    engine,
)
from max._interpreter_ops import gc_compile
from max._mlir_context import in_default_mlir_context
from max.driver import Device
from max.experimental.realization_context import EagerRealizationContext, set_default_realization_context
from max.graph import Module

from course import runtime
from course.runtime.operations import further_operations, operations
from kernels import kept, store

BATCH = 16  # to start the compiler takes as long as to compile six kernels

_complete: set[str] = set()  # devices, by their names, for which nothing is left to compile


@dataclass(frozen=True)
class Kernel:
    """A kernel that MAX would compile: what it is called, where it belongs, and what builds its graph."""

    family: gc_compile.GCOpFamily
    key: str
    device: Device
    build: Callable[[Module], None]


class _Missing(Exception):
    """An operation needs a kernel that is not loaded."""


def load(
    device: Device,
    progress: Callable[[int, int], None] = lambda done, total: None,
    steps: Collection[int] | None = None,
) -> bool:
    """Load the course's kernels for one device; compile those that are neither shipped nor kept on this machine.

    Args:
        progress: called with the kernels loaded and the kernels known to be needed, before and
            after each batch.
        steps: compile no more than the solutions of these steps need; without it all that the course uses.

    Returns:
        Whether nothing is left to compile.
    """
    if str(device) in _complete:
        return True
    done = 0
    if device.is_host:
        # Where all that is shipped can be used nothing is missing: a test holds the shipped kernels to that.
        _, shipped = next(store.usable("eager"), ("", {}))
        done, is_whole = _adopt_files(shipped, device)
        if shipped and is_whole:
            progress(done, done)
            _complete.add(str(device))
            return True
        done += _adopt_files({path.name: path.read_bytes() for path in kept.folder("eager").glob("*")}, device)[0]
    total = done
    wanted = frozenset().union(*map(store.needs, steps)) if steps is not None and device.is_host else None
    while True:
        missing = list(missing_kernels(device))
        batches = list(_batches([kernel for kernel in missing if wanted is None or kernel.key in wanted]))
        if not batches:
            break
        total += sum(map(len, batches))
        for batch in batches:
            progress(done, total)
            with runtime.killable():
                compile_batch(batch, kept.folder("eager") if device.is_host else None)
            done += len(batch)
    progress(done, total)
    if not missing:
        _complete.add(str(device))
    return not missing


def on_compile(begin: Callable[[str], None], end: Callable[[], None]) -> None:
    """Call ``begin`` with a kernel's name before MAX compiles or loads one on the spot, then ``end``.

    Kernels outside the course's list are compiled when a learner's code first needs them.
    """
    compile_one = gc_compile.compile_single_target

    def announced(family: Any, key: str, device: Device, build: Any) -> Any:
        begin(key)
        try:
            with runtime.killable():
                return compile_one(family, key, device, build)
        finally:
            end()

    gc_compile.compile_single_target = announced


def missing_kernels(device: Device) -> Iterable[Kernel]:
    """The kernels that the course's operations need next and that are not loaded, each once."""
    missing: dict[str, Kernel] = {}

    def collect(family: Any, key: str, device: Device, build: Any) -> None:
        missing[key] = Kernel(family, key, device, build)
        raise _Missing(key)

    compile_one = gc_compile.compile_single_target
    gc_compile.compile_single_target = collect
    try:
        # Each operation by itself, also where the caller gathers them.
        with set_default_realization_context(EagerRealizationContext):
            for operation in chain(operations(device), further_operations(device)):
                with suppress(_Missing):
                    operation()._sync_realize()
    finally:
        gc_compile.compile_single_target = compile_one
    return missing.values()


@in_default_mlir_context
def compile_batch(batch: Sequence[Kernel], folder: Path | None) -> None:
    """Compile some kernels for one device together, and use them.

    Args:
        folder: gets what is compiled, in a file for MAX, and one that says to which family each kernel belongs.
    """
    module = Module()
    for kernel in batch:
        kernel.build(module)
    device = batch[0].device
    compiled = gc_compile.session_for(device).compile(module)
    families = {kernel.key: kernel.family.name for kernel in batch}
    if folder:
        name = hashlib.sha256(" ".join(sorted(families)).encode()).hexdigest()[:16]
        kept.keep(folder / f"{name}.mef", compiled.export_mef)
        kept.keep(folder / f"{name}.json", lambda file: file.write_text(json.dumps(families, indent=1)))
    _adopt(compiled, families, device)


def _adopt(compiled: engine.CompiledModel, families: Mapping[str, str], device: Device) -> None:
    """Let MAX's interpreter use compiled kernels, each of which belongs to a family.

    Raises:
        RuntimeError: MAX cannot load them.
    """
    by_name = {family.name: family for family in gc_compile.registered_families()}
    for key, model in gc_compile.session_for(device).init_all(compiled).items():
        by_name[families[key]].cache[key] = model


def _adopt_files(files: Mapping[str, bytes], device: Device) -> tuple[int, bool]:
    """Let MAX use the compiled kernels in some files: how many there were, and whether all files could be used."""
    count, is_whole = 0, True
    for name in sorted(files):
        if name.endswith(".json"):
            try:
                families = json.loads(files[name])
                _adopt(engine.read(io.BytesIO(files[name.replace(".json", ".mef")])), families, device)
                count += len(families)
            except (RuntimeError, ValueError, KeyError):  # damaged: what is missing is compiled
                is_whole = False
    return count, is_whole


def _batches(missing: Sequence[Kernel]) -> Iterator[list[Kernel]]:
    """Cut kernels into batches for one device each."""
    for device in dict.fromkeys(str(kernel.device) for kernel in missing):
        of_device = [kernel for kernel in missing if str(kernel.device) == device]
        for start in range(0, len(of_device), BATCH):
            yield of_device[start : start + BATCH]
