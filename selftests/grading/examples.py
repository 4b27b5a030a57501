"""Grades as the graders find them, with texts that a submission would like to be taken for something else."""

from typing import Any

from course.grading.grade import Grade
from course.judging.verdicts import StepResult, Verdict

EVIL = "<script>alert(1)</script>\x1b[2J ]]> & \u202e"


def check(title: str, status: str, **fields: Any) -> Verdict:
    return Verdict(f"tests/test.py::{title}", title, [], status=status, **fields)


def step(number: int, *checks: Verdict) -> StepResult:
    return StepResult(number, f"step_{number:02}.py", list(checks), 0.0)


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
