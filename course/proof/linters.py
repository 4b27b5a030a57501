"""Points about the code, as tools find it: style, types, and which room imports which."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course.proof.point import Point


@dataclass(frozen=True)
class Linter:
    """A tool, the claim that its silence proves, and what it prints that is no fault."""

    command: tuple[str, ...]
    claim: str
    noise: tuple[str, ...] = ()


LINTERS = (
    Linter(
        ("ruff", "check", "--output-format=concise", "--no-cache"), "the code keeps Ruff's rules", ("Found ", "[*]")
    ),
    Linter(("ruff", "format", "--check", "--no-cache"), "the code has Ruff's form", ("1 file", "would be", "[")),
    Linter(
        ("mypy", "--no-pretty", "--no-color-output", "--cache-dir", os.devnull), "mypy finds no wrong type", ("Found ",)
    ),
    Linter(("lint-imports", "--no-cache"), "imports keep to the layers (import-linter)"),
)


def lint(root: Path) -> Iterator[Point]:
    """What each tool says of the code."""
    for linter in LINTERS:
        yield Point(linter.claim, _faults(linter, root))


def _faults(linter: Linter, root: Path) -> list[str]:
    program = Path(sys.executable).with_name(linter.command[0])
    if not program.exists():
        if linter.command[0] == "lint-imports" and sys.version_info < (3, 11):
            return []  # it knows no Python 3.10, and imports do not depend on the version
        return [f"{program.name} is not installed: ./run verify installs it, or requirements-dev.lock"]
    ran = subprocess.run([program, *linter.command[1:]], cwd=root, capture_output=True, text=True)
    if not ran.returncode:
        return []
    lines = [line.strip() for line in (ran.stdout + ran.stderr).splitlines()]
    faults = [line for line in lines if line and not line.startswith(linter.noise or "\0")]
    return faults or [f"{program.name} ends with exit code {ran.returncode}, and says nothing"]
