"""What the course keeps for a learner in .course/, which git ignores: a memory, and copies of files.

The memory, state.json, holds for each step how many hints are open and what its last check found.
It is for people to read and to delete. One that is damaged is set aside, and a new one begins.
"""

import fcntl
import itertools
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from course.curriculum.files import own_folder
from course.terminal import console

FOLDER = own_folder()


@dataclass
class Checked:
    """What a check found, and in which file."""

    when: datetime
    sha256: str
    right: int  # checks that passed
    checks: int
    todo: int | None = None  # the one that the report sends to

    @property
    def passed(self) -> bool:
        return 0 < self.right == self.checks


@dataclass
class Memory:
    """What is remembered of one step."""

    hints: dict[int, int] = field(default_factory=dict)  # how many tiers are open, by TODO
    checked: Checked | None = None
    first_passed: datetime | None = None


def read() -> defaultdict[int, Memory]:
    """The memory of every step; that of an unknown one is empty."""
    path = FOLDER / "state.json"
    steps: dict[int, Memory] = {}
    try:
        steps = {int(step): _from_json(data) for step, data in json.loads(path.read_bytes()).items()}
    except FileNotFoundError:
        pass
    except (ValueError, TypeError, KeyError, AttributeError):
        copy = keep(path)
        path.unlink()
        where, kept = os.path.relpath(path), os.path.relpath(copy)
        console.err.print(f"{where} was damaged. It is kept as {kept}; a new one begins.", style="yellow", markup=False)
    return defaultdict(Memory, steps)


@contextmanager
def change() -> Iterator[defaultdict[int, Memory]]:
    """The memory, to be changed in a ``with`` statement, at whose end it is written."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "state.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a check may end while a hint is opened
        steps = read()
        yield steps
        new = FOLDER / "state.json.new"
        objects = {f"{step:02}": _to_json(memory) for step, memory in sorted(steps.items())}
        new.write_text(json.dumps(objects, indent=2) + "\n", encoding="utf-8")
        os.replace(new, FOLDER / "state.json")


def keep(path: Path) -> Path:
    """Copy a file, byte for byte, to a dated name in .course/backups/; no copy replaces another."""
    folder = FOLDER / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    content = path.read_bytes()
    date = f"{datetime.now():%Y%m%d-%H%M%S}"
    names = itertools.chain([date], (f"{date}-{number}" for number in itertools.count(2)))
    while True:
        copy = folder / f"{path.stem}-{next(names)}{path.suffix}"
        try:
            with open(copy, "xb") as file:
                file.write(content)
        except FileExistsError:  # made in the same second
            continue
        return copy


def _to_json(memory: Memory) -> dict[str, Any]:
    data: dict[str, Any] = {"hints": {str(todo): tiers for todo, tiers in memory.hints.items()}}
    if memory.checked:
        data["checked"] = asdict(memory.checked) | {"when": memory.checked.when.isoformat()}
    if memory.first_passed:
        data["first_passed"] = memory.first_passed.isoformat()
    return data


def _from_json(data: dict[str, Any]) -> Memory:
    memory = Memory({int(todo): int(tiers) for todo, tiers in data["hints"].items()})
    if any(tiers < 1 for tiers in memory.hints.values()):
        raise ValueError("a TODO in memory has at least one hint open")
    if checked := data.get("checked"):
        memory.checked = Checked(**checked | {"when": datetime.fromisoformat(checked["when"])})
    if first := data.get("first_passed"):
        memory.first_passed = datetime.fromisoformat(first)
    elif memory.checked and memory.checked.passed:  # of an earlier version, which did not remember it
        memory.first_passed = memory.checked.when
    return memory
