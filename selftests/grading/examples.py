"""Grades as the graders find them, with texts that a submission would like to be taken for something else."""

from collections.abc import Sequence
from typing import Any

from course.grading.grade import Grade
from course.grading.gradebook import Row
from course.grading.marks import Marks
from course.judging.verdicts import StepResult, Verdict

EVIL = "<script>alert(1)</script>\x1b[2J ]]> & \u202e"


def check(title: str, status: str, **fields: Any) -> Verdict:
    return Verdict(f"tests/test.py::{title}", title, [], status=status, **fields)


def step(number: int, *checks: Verdict) -> StepResult:
    return StepResult(number, f"step_{number:02}.py", list(checks), 0.0)


def rows(grades: Sequence[Grade], steps: tuple[int, ...], marks: Marks | None = None) -> list[Row]:
    """What a class without a roster gets."""
    return [
        Row(grade.name, grade, marks or Marks(), steps, file=f"{number}-{len(grades)}")
        for number, grade in enumerate(grades)
    ]


ADA = Grade("ada", [step(2, check("it sees itself", "passed")), step(14, check("it samples", "passed"))])
EVE = Grade(
    "=eve" + EVIL,
    [
        step(
            2,
            check("it sees itself", "failed", expected="0", actual=EVIL, mistake="the mask is shifted", help="Look."),
            check(
                "it sees the past",
                "error",
                actual="ValueError",
                trace=[{"file": "step_02.py", "line": 3, "code": EVIL}],
            ),
            check("it is there", "skipped", actual="not done yet"),
        )
    ],
)
BOB = Grade("bob", [], "holds no step_NN.py")
GRADES = (ADA, EVE, BOB)
