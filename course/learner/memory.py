"""What the course keeps for a learner in .course/, which git ignores: a memory, and copies of files.

The memory, state.json, holds for each step how many hints are open, what its last check found, and which bugs were.
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
class Bugs:
    """The bugs of a step that were planted, by the ids of their mistakes."""

    planted: list[str] = field(default_factory=list)  # in debug/step_NN.py now
    found: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)


@dataclass
class Memory:
    """What is remembered of one step."""

    hints: dict[int, int] = field(default_factory=dict)  # how many tiers are open, by TODO
    checked: Checked | None = None
    first_passed: datetime | None = None
    bugs: Bugs = field(default_factory=Bugs)


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
        objects = {f"{step:02}": _to_json(memory) for step, memory in sorted(steps.items())}
        write(FOLDER / "state.json", json.dumps(objects, indent=2) + "\n")


def write(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


def keep(path: Path, kind: str = "") -> Path:
    """Copy a file, byte for byte, to a dated name in .course/backups/; no copy replaces another."""
    folder = FOLDER / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    content = path.read_bytes()
    date = f"{datetime.now():%Y%m%d-%H%M%S}"
    names = itertools.chain([date], (f"{date}-{number}" for number in itertools.count(2)))
    while True:
        copy = folder / "-".join(filter(None, [kind, path.stem, f"{next(names)}{path.suffix}"]))
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
    if memory.bugs != Bugs():
        data["bugs"] = asdict(memory.bugs)
    return data


def _from_json(data: dict[str, Any]) -> Memory:
    memory = Memory({int(todo): int(tiers) for todo, tiers in data["hints"].items()})
    memory.bugs = Bugs(**{name: list(ids) for name, ids in data.get("bugs", {}).items()})
    if any(tiers < 1 for tiers in memory.hints.values()):
        raise ValueError("a TODO in memory has at least one hint open")
    if checked := data.get("checked"):
        memory.checked = Checked(**checked | {"when": datetime.fromisoformat(checked["when"])})
    if first := data.get("first_passed"):
        memory.first_passed = datetime.fromisoformat(first)
    elif memory.checked and memory.checked.passed:  # of an earlier version, which did not remember it
        memory.first_passed = memory.checked.when
    return memory
