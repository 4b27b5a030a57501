"""The sandbox shows what it must, wherever the course and its Python lie."""

import subprocess
import sys
from pathlib import Path

import pytest

from course.curriculum.steps import ROOT
from course.grading.trial import sandbox

pytestmark = pytest.mark.sandbox


def seen(*paths: Path) -> list[bool]:
    """Which of these paths are in sight."""
    look = "import os, sys; print([os.path.exists(path) for path in sys.argv[1:]])"
    ran = subprocess.run([*sandbox._walls(), sys.executable, "-c", look, *paths], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return eval(ran.stdout)


def test_only_what_serves_a_submission_is_in_sight():
    assert seen(ROOT / "course" / "grading" / "inside" / "child.py", Path(sys.executable)) == [True, True]
    hidden = ("solutions", "tests", "steps", "course/grading/trial/oracle.py", ".course", ".git")
    assert seen(*(ROOT / name for name in hidden)) == [False] * len(hidden)


def test_the_course_is_hidden_below_a_folder_that_is_seen(tmp_path, monkeypatch):
    root = tmp_path / "usr" / "src" / "course"
    for name in ("solutions/solution_01.py", "course/runtime/device.py"):
        (root / name).parent.mkdir(parents=True)
        (root / name).touch()
    (tmp_path / "usr" / "program").touch()
    monkeypatch.setattr(sandbox, "SYSTEM", (*sandbox.SYSTEM, str(tmp_path / "usr")))
    monkeypatch.setattr(sandbox, "ROOT", root)
    paths = (tmp_path / "usr" / "program", root / "course" / "runtime" / "device.py", root / "solutions")
    assert seen(*paths) == [True, True, False]
