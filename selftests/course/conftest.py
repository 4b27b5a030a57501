"""What the tests of the workbench share: a copy of the course, to be broken."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from course.curriculum.files import copy_course
from course.curriculum.steps import STEPS, solution_path, step_path
from course.curriculum.todos import skeleton
from course.learner import hints, progress, reset
from course.learner import memory as state


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The course as it ships: what a learner has in steps/ stays out."""
    copy_course(tmp_path)
    write_skeletons(tmp_path / "steps")
    return tmp_path


def write_skeletons(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for step in STEPS:
        text, _ = skeleton(solution_path(step).read_text(encoding="utf-8"), step)
        step_path(step, folder).write_text(text, encoding="utf-8")


@pytest.fixture
def edit(copy: Path):
    """A function that replaces one piece of text in one file of the copy."""

    def replace(name: str, old: str, new: str) -> None:
        text = (copy / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands in {name} {text.count(old)} times"
        (copy / name).write_text(text.replace(old, new), encoding="utf-8")

    return replace


@pytest.fixture
def learner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fresh steps and no memory, and what this process calls works on them."""
    write_skeletons(tmp_path / "steps")
    for module in (hints, progress, reset):
        monkeypatch.setattr(module, "step_path", partial(step_path, folder=tmp_path / "steps"))
    monkeypatch.setattr(state, "FOLDER", tmp_path / ".course")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(copy: Path):
    """A function that runs a command of the course in the copy, in a process of its own."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "course", *arguments],
            cwd=copy,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
        )

    return run
