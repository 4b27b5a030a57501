"""Grading keeps what it has found: it goes on where it was, and looks again only at what has changed."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from course.curriculum.steps import ROOT
from course.grading import grade as grading
from course.grading.grade import Grade, Settings, file_name, grade
from course.grading.submissions import find
from course.judging.verdicts import StepResult, Verdict
from course.refusal import Refusal

SETTINGS = Settings(steps=(1, 2))


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with three submissions."""
    for name in ("ada", "bob", "eve"):
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "step_01.py").write_text(name)
    return tmp_path / "class"


@pytest.fixture
def checked(monkeypatch) -> list[str]:
    """The submissions that were checked; a step passes where it says so."""
    names = []

    def judge(steps, folder, **named) -> list[StepResult]:
        source = (folder / "step_01.py").read_text()
        names.append(source)
        if source == "broken":
            raise Refusal("it dies")
        status = "passed" if source == "ada" else "failed"
        return [StepResult(step, "", [Verdict("id", "title", [], status=status)], 0.5) for step in steps]

    monkeypatch.setattr(grading, "judge", judge)
    return names


def graded(folder: Path, settings: Settings = SETTINGS) -> list[Grade]:
    return grade(find([folder]), folder.parent / "results", settings, lambda each: None)


def test_grades_come_in_the_order_of_the_submissions(folder, checked):
    grades = graded(folder, replace(SETTINGS, jobs=3))
    assert [(each.name, each.passed) for each in grades] == [("ada", 1), ("bob", 0), ("eve", 0)]


def test_what_is_graded_is_not_graded_again(folder, checked):
    first = graded(folder)
    assert sorted(checked) == ["ada", "bob", "eve"]
    assert graded(folder) == first
    assert len(checked) == 3


def test_changed_submission_is_graded_again(folder, checked):
    graded(folder)
    (folder / "bob" / "step_01.py").write_text("ada")
    assert [each.passed for each in graded(folder)] == [1, 1, 0]
    assert len(checked) == 4


def test_changed_checks_and_settings_grade_all_again(folder, checked, monkeypatch):
    graded(folder)
    graded(folder, replace(SETTINGS, timeout=7.0))
    assert len(checked) == 6
    monkeypatch.setattr(grading, "judges", lambda: b"changed")
    graded(folder, replace(SETTINGS, timeout=7.0))
    assert len(checked) == 9


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"key": 1}', b"\xff"])
def test_spoiled_result_is_made_again(folder, checked, content):
    first = graded(folder)
    for path in (folder.parent / "results").iterdir():
        path.write_bytes(content)
    assert graded(folder) == first
    assert len(checked) == 6


def test_bad_submission_does_not_stop_the_run(folder, checked):
    (folder / "bob" / "step_01.py").unlink()
    (folder / "eve" / "step_01.py").write_text("broken")
    errors = [each.error for each in graded(folder)]
    assert errors == [None, "holds no step_NN.py", "it dies"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "--help", "a\nb", "\x1b[2J", "..", "x" * 200])
def test_names_of_files_are_harmless_and_different(name):
    made = file_name(name, Path("/class") / name)
    assert made.isascii() and made.isprintable() and "/" not in made and len(made) < 60 and made[0] not in "-."
    assert made != file_name(name, Path("/other") / name)


SLOW = """
import sys, time
from pathlib import Path
from course.judging.verdicts import StepResult, Verdict
from course.grading import grade as grading
from course.grading.submissions import find

def judge(steps, folder, **named):
    time.sleep(0.02)
    return [StepResult(step, "", [Verdict("id", "x" * 100_000, [], status="passed")], 0.0) for step in steps]

grading.judge = judge
folder = Path(sys.argv[1])
grading.grade(find([folder]), folder.parent / "results", grading.Settings(steps=(1, 2)), lambda each: None)
"""


def test_killed_run_leaves_whole_results_only_and_goes_on(folder):
    for number in range(40):
        (folder / f"{number}").mkdir()
        (folder / f"{number}" / "step_01.py").write_text("ada")
    results = folder.parent / "results"
    kept: dict[str, bytes] = {}
    for wait in (0.2, 0.3, 0.4, 30):
        run = subprocess.Popen([sys.executable, "-c", SLOW, str(folder)], cwd=ROOT)
        deadline = time.monotonic() + 30
        while run.poll() is None and len(list(results.glob("*.json"))) <= len(kept) and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            run.wait(wait)
        except subprocess.TimeoutExpired:
            os.kill(run.pid, signal.SIGKILL)
            run.wait()
        now = {path.name: path.read_bytes() for path in results.glob("*.json")}
        assert all(json.loads(content)["steps"] for content in now.values())
        assert kept.items() <= now.items()  # nothing is lost, nothing is made again
        assert len(now) > len(kept) or len(kept) == 43
        kept = now
    assert run.returncode == 0 and len(kept) == 43
