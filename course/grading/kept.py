"""The verdicts that are kept: a step is judged again when its file has changed, or anything it is judged by."""

import hashlib
import json
import os
import platform
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path

from course.curriculum.steps import ROOT, checks_path, solution_path, whole_path
from course.judging.verdicts import StepResult

# What judges every step. Pages and commands are not among it.
JUDGES = (
    "course/curriculum/catalogue.py",
    "course/curriculum/steps.py",
    "course/curriculum/todos.py",
    "course/grading/inside",
    "course/grading/trial",
    "course/judging",
    "course/runtime",
    "kernels",
    "tests/compare.py",
    "tests/conftest.py",
    "tests/draws.py",
    "tests/toy_models.py",
    "tests/whole/conftest.py",
    "tests/whole/lengths.py",
    "tests/whole/published.py",
)
SUFFIXES = (".json", ".npz", ".py", ".toml")


def key(step: int, content: bytes, *parts: bytes) -> str:
    """What identifies a step's file, and all that its verdict depends on: the step's own checks, and these parts."""
    return _digest([*parts, _about(step), content])


def read(path: Path, keys: Mapping[int, str]) -> dict[int, StepResult]:
    """The verdicts in a file that still hold: those with these keys, by step."""
    found = {}
    for step, kept in _stored(path).items():
        try:
            if kept["key"] == keys[int(step)]:
                found[int(step)] = StepResult.from_json(kept["result"])
        except (ValueError, KeyError, TypeError, AttributeError):  # not what was written
            continue
    return found


def write(path: Path, keys: Mapping[int, str], results: Iterable[StepResult]) -> None:
    """Add verdicts to a file, which is written at once or not at all."""
    new = {str(each.step): {"key": keys[each.step], "result": each.to_json()} for each in results}
    if not new:
        return
    unfinished = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.new")
    unfinished.write_text(json.dumps({"steps": _stored(path) | new}), encoding="utf-8")
    os.replace(unfinished, path)


def _stored(path: Path) -> dict[str, dict]:
    try:
        steps = json.loads(path.read_bytes())["steps"]
    except (OSError, ValueError, KeyError, TypeError):  # there is none, or not a whole one
        return {}
    return steps if isinstance(steps, dict) else {}


@cache
def judges() -> bytes:
    """What identifies all that judges every step."""
    return _digest([version("max").encode(), platform.python_version().encode(), *_contents(JUDGES)]).encode()


def conditions() -> dict[str, str]:
    """What a verdict depends on here, by name: machines where it is the same agree. Read anew each time."""
    parts = (*JUDGES, "course/grading/grade.py", "course/grading/worker.py", "solutions", "tests")
    return {
        "MAX": version("max"),
        "Python": platform.python_version(),
        "checks": _digest(_contents(parts))[:12],
    }


@cache
def _about(step: int) -> bytes:
    """What identifies the checks of one step, and the solutions that it stands on and is compared with."""
    names = [
        f"tests/fixtures/step_{step:02}.npz",
        *(f"tests/mistakes/step_{step:02}{end}" for end in (".npz", ".toml")),
    ]
    paths = [checks_path(step), whole_path(step), *map(solution_path, range(1, step + 1))]
    return _digest(_contents([*names, *(str(path.relative_to(ROOT)) for path in paths)])).encode()


def _contents(names: Iterable[str]) -> list[bytes]:
    places = [ROOT / name for name in names]
    files = sorted({path for place in places for path in (place, *place.rglob("*")) if path.suffix in SUFFIXES})
    return [path.read_bytes() for path in files if path.is_file()]


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()
