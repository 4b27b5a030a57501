"""Writes kernels/: what MAX compiles of this course, packed, for processors of two kinds.

    python -m tools.kernels

It takes some minutes of both cores, and an x86-64 machine with Linux: MAX compiles for another processor of the same
family, but not for another family. Each target is compiled in a process of its own, because MAX wants to know
the target before it compiles anything, and with a cache of its own, so that nothing native gets in.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from course import runtime

runtime.prepare()  # before anything imports MAX

from max._interpreter_ops import gc_compile  # noqa: E402
from max.driver import CPU, set_virtual_cpu_target  # noqa: E402
from max.engine import InferenceSession, MefStore  # noqa: E402

from course.curriculum.steps import ROOT, STEPS, STORYTELLER, checks_path  # noqa: E402
from kernels import store  # noqa: E402

BASELINE = "x86-64-v3"


def main() -> None:
    if len(sys.argv) == 4:
        compile_for(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
        return
    if sys.platform != "linux" or platform.machine() != "x86_64":
        sys.exit(f"kernels for x86-64 Linux can be made there alone, not on {sys.platform} {platform.machine()}")
    wanted = [(kind, target) for target in store.TARGETS for kind in KINDS if kind == "engine" or target == BASELINE]
    archives = []
    with tempfile.TemporaryDirectory() as name:
        for kind, target in wanted:
            print(f"Compiling {kind} for {target}", flush=True)
            folder = Path(name) / f"{kind}-{target}"
            folder.mkdir()
            command = [sys.executable, "-m", "tools.kernels", kind, target, str(folder)]
            environment = os.environ | {"MODULAR_DERIVED_PATH": str(Path(name) / f"cache-{target}")}
            subprocess.run(command, cwd=ROOT, check=True, env=environment)
            made_from = (folder / "made_from").read_text()
            (folder / "made_from").unlink()
            archives.append(store.pack(folder, kind, target, made_from))
            print(f"{archives[-1].file}: {(store.FOLDER / archives[-1].file).stat().st_size / 1000:.0f} kB")
    for old in set(store.FOLDER.glob("*.tar.xz")) - {store.FOLDER / archive.file for archive in archives}:
        old.unlink()
    store.write_index(archives)


def compile_for(kind: str, target: str, folder: Path) -> None:
    """Compile one kind of kernels for a target, and put the files into a folder."""
    set_virtual_cpu_target(target)
    (folder / "made_from").write_text(KINDS[kind](folder))


def eager(folder: Path) -> str:
    """The eager operations of the course, in batches; and the kernels that each step needs."""
    from course.runtime import kernels

    device = runtime.pick_device("cpu")
    made: set[str] = set()
    while batch := list(kernels.missing_kernels(device))[: kernels.BATCH]:
        kernels.compile_batch(batch, folder)
        made |= {kernel.key for kernel in batch}
        print(f"  {len(made)} kernels", flush=True)
    kernels.load(device)  # which finds nothing missing, so that the checks load nothing again
    write_needs()
    return digest_of(made)


def digest_of(keys: object) -> str:
    """Identifies a list of kernels."""
    return hashlib.sha256(json.dumps(sorted(keys)).encode()).hexdigest()[:16]  # type: ignore[call-overload]


def write_needs() -> None:
    """Record which kernels the checks of each step need."""
    store.NEEDS.write_text(json.dumps({step: sorted(needs_of(step)) for step in STEPS}, indent=1) + "\n")


def needs_of(step: int) -> set[str]:
    """The kernels that the checks of a step use, with its solution."""
    families = gc_compile.registered_families()
    loaded = {family.name: dict(family.cache) for family in families}
    used: set[str] = set()

    def note(family: gc_compile.GCOpFamily, key: str, *_: object) -> object:
        """In the place of MAX's compiler: what was loaded comes back."""
        used.add(key)
        family.cache[key] = loaded[family.name][key]
        return family.cache[key]

    compiler = gc_compile.compile_single_target
    gc_compile.compile_single_target = note  # type: ignore[assignment]
    for family in families:
        family.cache.clear()
    try:
        options = ["-p", "no:terminal", "-p", "no:cacheprovider", f"--rootdir={ROOT}"]
        if pytest.main([*options, str(checks_path(step))]) != pytest.ExitCode.OK:
            sys.exit(f"the checks of step {step:02} do not pass on its solution")
    finally:
        gc_compile.compile_single_target = compiler
        for family in families:
            family.cache.update(loaded[family.name])
    return used


def engine(folder: Path) -> str:
    """The engine's operation on a CPU, for each form of weights."""
    from gpt2.cpu import operation
    from gpt2.cpu.panels import FORMATS

    for weights in FORMATS.values():
        operation.compile_operation(weights.dtype).export_mef(folder / f"{weights.dtype.name}.mef")
    return operation.digest()


def storyteller(folder: Path) -> str:
    """Step 13's model in the shape of the story model, as ``generate --naive`` runs it."""
    from gpt2.checkpoint import open_checkpoint
    from gpt2.loading import compile_model

    runtime.pick_device("cpu")
    InferenceSession.default_mef_store = MefStore.for_export(folder)
    compile_model(open_checkpoint(str(STORYTELLER)), CPU())
    return "the graph that the manifest describes"


def extension(folder: Path) -> str:
    """The extension that MAX compiles when ``max.experimental.nn`` is imported first, which takes six seconds."""
    from course.runtime.extension import compiled, source

    name = compiled(source()).name
    mojo = [Path(sys.executable).with_name("mojo"), "build", source(), "--emit", "shared-lib"]
    subprocess.run([*mojo, "-o", folder / name, "--target-cpu", BASELINE], check=True, stderr=subprocess.DEVNULL)
    return name


KINDS: dict[str, Callable[[Path], str]] = {
    "eager": eager,
    "engine": engine,
    "storyteller": storyteller,
    "extension": extension,
}

if __name__ == "__main__":
    main()
