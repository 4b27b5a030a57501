"""A verdict is kept for as long as nothing changes that it stands on, and only if a check gave it."""

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
from course.grading import kept
from course.grading.grade import Grade, Settings, grade
from course.grading.marks import Marks
from course.grading.publish import publish
from course.grading.submissions import find
from course.judging.verdicts import StepResult, Verdict
from course.refusal import Refusal
from selftests.grading.examples import rows

WHY = "killed by SIGKILL"
SETTINGS = Settings(steps=(1, 2, 3), memory=None)


class Judge:
    """In the place of course.judging.run.judge: a step passes, but for what is told here."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[int]]] = []
        self.losing = 0  # how many tries in a row come to no verdict on step 2
        self.raising: Exception | None = None

    def __call__(self, steps, folder, **named) -> list[StepResult]:
        if self.raising:
            raise self.raising
        self.asked.append((next(folder.iterdir()).read_text(), list(steps)))
        is_lost, self.losing = self.losing > 0 and 2 in steps, self.losing - 1
        verdicts = {step: ("error", True) if step == 2 and is_lost else ("passed", False) for step in steps}
        return [
            StepResult(
                step, "", [Verdict("id", "title", [], status=status, actual="killed by SIGKILL", lost=lost)], 0.5
            )
            for step, (status, lost) in verdicts.items()
        ]

    @property
    def steps(self) -> list[list[int]]:
        """The steps of each time that it was asked since the last look."""
        asked, self.asked = self.asked, []
        return [steps for _, steps in asked]


@pytest.fixture
def judge(monkeypatch) -> Judge:
    made = Judge()
    monkeypatch.setattr(grading, "judge", made)
    kept._about.cache_clear()
    yield made
    kept._about.cache_clear()


@pytest.fixture
def folder(tmp_path) -> Path:
    for name in ("ada", "bob"):
        (tmp_path / "class" / name).mkdir(parents=True)
        for step in SETTINGS.steps:
            (tmp_path / "class" / name / f"step_{step:02}.py").write_text(name)
    return tmp_path / "class"


def graded(folder: Path, **named) -> list[Grade]:
    settings = named.pop("settings", SETTINGS)
    return grade(find([folder]), folder.parent / "results", settings, lambda each: None, **named)


def test_a_changed_step_is_judged_again_and_no_other(folder, judge):
    graded(folder)
    assert judge.steps == [[1, 2, 3], [1, 2, 3]]
    (folder / "bob" / "step_02.py").write_text("changed")
    assert [each.passed for each in graded(folder)] == [3, 3]
    assert judge.steps == [[2]]


@pytest.mark.parametrize(
    ("name", "judged"),
    [
        ("tests/test_step_02.py", [2]),
        ("tests/fixtures/step_03.npz", [3]),
        ("tests/mistakes/step_03.toml", [3]),
        ("solutions/solution_02.py", [2, 3]),
        ("course/judging/run.py", [1, 2, 3]),
        ("course/grading/trial/oracle.py", [1, 2, 3]),
        ("tests/compare.py", [1, 2, 3]),
        ("course/learner/watch.py", []),
        ("course/grading/templates/class.html", []),
        ("course/grading/export.py", []),
    ],
)
def test_what_a_verdict_stands_on_makes_it_anew(folder, judge, monkeypatch, name, judged):
    graded(folder)
    judge.asked.clear()
    read_bytes = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read_bytes(path) + b"#" * (path == ROOT / name))
    kept._about.cache_clear()
    monkeypatch.setattr(grading, "judges", kept.judges.__wrapped__)
    graded(folder)
    assert judge.steps == [judged] * 2 * bool(judged)


def test_another_key_and_other_limits_make_it_anew(folder, judge, monkeypatch):
    drawn = replace(SETTINGS, memory=1 << 28)
    for key in (b"one", b"other"):
        monkeypatch.setattr(grading.secret, "key", lambda key=key: key)
        graded(folder, settings=drawn)
        assert len(judge.steps) == 2
    graded(folder, settings=replace(drawn, jobs=2))
    assert judge.steps == []
    graded(folder, settings=replace(drawn, timeout=1.0))
    assert len(judge.steps) == 2


def test_a_class_may_be_moved_and_its_steps_graded_bit_by_bit(folder, judge):
    graded(folder, settings=replace(SETTINGS, steps=(1,)))
    graded(folder, settings=replace(SETTINGS, steps=(2, 3)))
    judge.asked.clear()
    graded(folder.rename(folder.parent / "moved"))
    assert judge.steps == []


def test_who_is_named_is_judged_again(folder, judge):
    graded(folder)
    judge.asked.clear()
    graded(folder, again=["bob"])
    assert judge.asked == [("bob", [1, 2, 3])]
    with pytest.raises(Refusal, match="--again eve: there is no such submission"):
        graded(folder, again=["eve"])


def test_what_was_lost_is_judged_once_more_and_alone(folder, judge):
    judge.losing = 2
    assert [each.passed for each in graded(folder)] == [3, 3]
    assert judge.steps == [[1, 2, 3], [1, 2, 3], [2], [2]]
    assert [each.passed for each in graded(folder)] == [3, 3] and judge.steps == []


def test_what_is_lost_twice_could_not_be_judged_and_is_not_kept(folder, judge):
    judge.losing = 4
    for each in graded(folder):
        assert each.passed == 2 and each.remark == "step 02 could not be judged: " + WHY
    judge.asked.clear()
    assert [each.passed for each in graded(folder)] == [3, 3]
    assert judge.steps == [[2], [2]]


def test_what_the_first_try_has_found_stays_where_the_second_raises(folder, judge, monkeypatch):
    def only_once(steps, found, **named):
        if steps == [2]:
            raise IndexError("list index out of range")
        return judge(steps, found, **named)

    judge.losing = 2
    monkeypatch.setattr(grading, "judge", lambda steps, *rest, **named: only_once(list(steps), *rest, **named))
    for each in graded(folder):
        assert each.passed == 2 and "IndexError" in each.error


def test_whatever_grading_raises_is_the_rows_error(folder, judge):
    judge.raising = IndexError("list index out of range")
    assert [each.error for each in graded(folder)] == ["could not be graded: IndexError: list index out of range"] * 2


def test_whatever_a_page_raises_is_the_rows_error(folder, judge, monkeypatch):
    grades = graded(folder)
    submission_page = publish.__globals__["submission_page"]

    def page(row):
        if row.name == "ada" and row.grade.steps:
            raise ValueError("no page")
        return submission_page(row)

    monkeypatch.setitem(publish.__globals__, "submission_page", page)
    publish(rows(grades, SETTINGS.steps), SETTINGS.steps, Marks(), folder.parent)
    assert "no page could be made: ValueError: no page" in (folder.parent / "index.html").read_text()
    assert "no page could be made" in (folder.parent / "grades.csv").read_text()
    assert len(list((folder.parent / "pages").glob("*.html"))) == 2


WAITING = """
import sys, time
from pathlib import Path
from course.grading import grade as grading
from course.grading.submissions import find

def judge(steps, folder, **named):
    print(folder, flush=True)
    time.sleep(60)

grading.judge = judge
folder = Path(sys.argv[1])
grading.grade(find([folder]), folder.parent / "results", grading.Settings(memory=None), lambda each: None)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_was_ended_leaves_no_code_behind(folder, how):
    run = subprocess.Popen([sys.executable, "-c", WAITING, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    place = Path(run.stdout.readline().strip())
    assert sorted(path.name for path in place.iterdir()) == [f"step_{step:02}.py" for step in SETTINGS.steps]
    assert place.parent.stat().st_mode & 0o077 == 0
    os.kill(run.pid, how)
    run.wait()
    deadline = time.monotonic() + 10
    while place.parent.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not place.parent.exists()
