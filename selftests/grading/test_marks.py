"""Points follow the file that weighs the steps, and a file that makes no sense is refused with the value."""

import pytest

from course.grading.grade import Grade
from course.grading.marks import Marks, check_names
from course.judging.verdicts import StepResult, Verdict
from course.refusal import Refusal

CHECKS = check_names(8)


def step(number: int, *statuses: str) -> StepResult:
    return StepResult(number, "", [Verdict("id", "title", [], status=status) for status in statuses], 0.0)


GRADE = Grade("ada", [step(2, "passed", "passed"), step(3, "passed", "failed", "error", "skipped"), step(14, "passed")])


def test_a_step_counts_one_and_only_whole():
    assert Marks().total(GRADE) == 2.0


def test_points_and_shares_are_read_from_a_file(tmp_path):
    path = tmp_path / "marks.toml"
    path.write_text("partial = true\n[points]\n3 = 2\n14 = 0.5\n")
    marks = Marks.read(path)
    assert marks.total(GRADE) == 1 + 2 / 4 + 0.5
    assert [marks.most(step) for step in (2, 3, 14)] == [1.0, 2.0, 0.5]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[points]\n99 = 1\n", "'99'"),
        ("[points]\n3 = -1\n", "-1"),
        ("[points]\n3 = true\n", "True"),
        ("[points]\n3 = nan\n", "nan"),
        ("[point]\n3 = 1\n", "point"),
        ("partial = 1\n", "partial"),
        ("checks = 1\n", "are tables"),
        ("[checks.99]\na = 1\n", "'99'"),
        ("[checks.8]\ntest_nothing = 1\n", "'test_nothing' is not one of its checks: expected test_"),
        (f"[checks.8]\n{CHECKS[0]} = -1\n", "-1: expected points"),
        (f"[points]\n8 = 1\n[checks.8]\n{CHECKS[0]} = 1\n", "step 8 is in"),
        ("assignment = 3\n", "assignment = 3"),
        ("[deadline]\ndue = 'soon'\n", "due = 'soon'"),
        ("points\n", "line 1"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, text, named):
    path = tmp_path / "marks.toml"
    path.write_text(text)
    with pytest.raises(Refusal, match=named) as error:
        Marks.read(path)
    assert str(path) in str(error.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refusal, match="none.toml: No such file"):
        Marks.read(tmp_path / "none.toml")


def test_a_step_may_be_weighed_by_its_checks(tmp_path):
    path = tmp_path / "marks.toml"
    path.write_text(f"[checks.8]\n{CHECKS[0]} = 2\n{CHECKS[1]} = 0.5\n")
    marks = Marks.read(path)
    verdicts = [
        Verdict(f"tests/test_step_08.py::{name}", "title", [], status=status)
        for name, status in ((f"{CHECKS[0]}[a]", "passed"), (f"{CHECKS[0]}[b]", "failed"), (CHECKS[1], "passed"))
    ]
    other = Verdict(f"tests/test_step_08.py::{CHECKS[2]}", "title", [], status="failed")
    assert marks.most(8) == 2.5
    assert marks.earned(StepResult(8, "", [*verdicts, other], 0.0)) == 2 / 2 + 0.5
    assert marks.earned(StepResult(8, "", [other], 0.0)) == 0  # a file that cannot be imported


def test_the_deadline_and_the_assignments_name_are_read(tmp_path):
    path = tmp_path / "marks.toml"
    path.write_text("assignment = 'HW1 (77)'\n[deadline]\ndue = 2026-11-20T23:59:00Z\nattempt = 'best'\n")
    marks = Marks.read(path)
    assert marks.assignment == "HW1 (77)" and marks.deadline.due.day == 20 and marks.deadline.attempt == "best"
