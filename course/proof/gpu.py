"""Points about GPUs that need not be there: the parts of the course compile for them.

Cold it takes some three hours on two cores: a part takes one to ten minutes, and it was never run whole. What was
compiled is kept in the user's cache folder, by what it was compiled from, so that a second run takes seconds.
"""

import ast
import hashlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from course.proof.point import Point
from kernels import kept

# Of NVIDIA the one that servers have and an older one, and one of AMD. MAX 26.7 compiles for no Metal elsewhere.
TARGETS = ("cuda:sm_90", "cuda:sm_80", "hip:gfx942")

STEPS = range(3, 14)  # which compute something that a graph can hold; step 2 is in step 8, and step 14 is a loop
PARTS = (*(f"step-{step:02}" for step in STEPS), "engine", "served-float32", "served-bfloat16", "eager")

LONGEST = 1800  # seconds that one part may take
DONE = "seconds"  # the file that is written last


def compiles_for_gpus(root: Path, say: Callable[[str], None] = lambda what: None) -> Iterator[Point]:
    """A point for each target, as soon as it is known.

    Args:
        say: called with what is compiled.
    """
    for target in TARGETS:
        faults, before = [], 0
        for part in PARTS:
            say(f"Compiling {part} for {target}")
            folder = folder_of(root, target, part)
            before += (folder / DONE).exists()
            if fault := compile_into(folder, root, target, part):
                faults.append(fault)
        claim = f"parts compile for {target}, of which {before} were kept from an earlier run"
        yield Point.about(len(PARTS), claim, faults)


def compile_part(root: Path, target: str, part: str) -> str | None:
    """Compile a part for a target, unless that was done before. Returns what is wrong."""
    return compile_into(folder_of(root, target, part), root, target, part)


def compile_into(folder: Path, root: Path, target: str, part: str) -> str | None:
    """As ``compile_part``, into a folder."""
    if (folder / DONE).exists():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "course.proof.targets", target, part, str(folder)]
    began = time.monotonic()
    try:
        ran = subprocess.run(command, cwd=root, capture_output=True, text=True, errors="replace", timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return f"{part} for {target} takes more than {LONGEST} s"
    if ran.returncode:
        return f"{part} for {target}: {_reason(ran.stderr) or f'exit code {ran.returncode}'}"
    if not any(folder.glob("*.mef*")):
        return f"{part} for {target}: nothing was compiled"
    (folder / DONE).write_text(f"{time.monotonic() - began:.0f}\n")
    return None


def _reason(told: str) -> str:
    """The line of what a process said that says most."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return next((line for line in lines if "error: " in line), lines[-1] if lines else "")[:300]


def folder_of(root: Path, target: str, part: str) -> Path:
    """Where a part is kept, by its target and by the code and the sizes that it is compiled from."""
    digest = hashlib.sha256()
    for path in sources(root, part):
        digest.update(_meaning(path))
    return kept.folder("gpu", f"{target} {part} {digest.hexdigest()}")


def sources(root: Path, part: str) -> list[Path]:
    """The files that a part is compiled from."""
    files = [root / "course" / "proof" / "targets.py"]
    if part == "eager":
        return [*files, root / "kernels" / "index.json"]
    files.append(root / "models" / "storyteller" / "config.json")
    solutions = sorted((root / "solutions").glob("solution_*.py"))
    if part.startswith("step-"):
        return files + [path for path in solutions if path.stem <= f"solution_{part.removeprefix('step-')}"]
    engine = sorted((root / "gpt2").glob("*.py"))
    served = sorted((root / "gpt2" / "serving").glob("*.py")) if part.startswith("served-") else []
    return files + solutions + engine + served


def _meaning(path: Path) -> bytes:
    """What a file says, without the comments and the layout of Python."""
    text = path.read_bytes()
    try:
        return ast.dump(ast.parse(text)).encode() if path.suffix == ".py" else text
    except SyntaxError:
        return text
