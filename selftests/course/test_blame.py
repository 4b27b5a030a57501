"""With --mine, a step that fails because of an earlier one is not blamed for it."""

from pathlib import Path

import pytest

from course.curriculum.steps import STEPS, solution_path, step_path
from course.judging.blame import culprits, foundations
from course.judging.verdicts import StepResult, Verdict
from tools.attempts import Attempt


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """A folder in which every step is solved."""
    for step in STEPS:
        step_path(step, tmp_path).write_text(solution_path(step).read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def checker(*wrong: int):
    """A check on which just these steps fail by themselves. It keeps what it was asked for."""
    asked = []

    def check(numbers):
        asked.extend(numbers)
        verdicts = {True: "failed", False: "passed"}
        return [StepResult(n, "", [Verdict("", "", [], status=verdicts[n in wrong])], 0.0) for n in numbers]

    check.asked = asked
    return check


def test_a_step_stands_on_what_it_imports_directly_or_not(steps):
    assert foundations(9, steps) == [1, 2, 8]
    assert foundations(13, steps) == [1, 2, 3, 4, 5, 6, 8, 9, 11, 12]
    assert foundations(14, steps) == []


def test_the_earlier_step_is_blamed(steps):
    check = checker(8)
    assert culprits(9, steps, check) == [8]
    assert check.asked == [9, 1, 2, 8]


def test_a_step_that_fails_by_itself_is_to_blame_whatever_the_earlier_ones_do(steps):
    assert culprits(9, steps, checker(8, 9)) is None


def test_a_wrong_step_that_it_does_not_stand_on_is_not_blamed(steps):
    assert culprits(9, steps, checker(5)) == []


def test_the_command_says_which_step_is_right_and_which_is_not(steps, run):
    path = step_path(8, steps)
    path.write_text(path.read_text(encoding="utf-8").replace("head_dim**-0.5", "head_dim**-0.25"), encoding="utf-8")
    ran = run("s09", "--mine", "--from", str(steps))
    assert ran.returncode == 1
    assert "Step 09 is right; step 08, which it builds on, is not." in ran.stdout
    assert "look at TODO" not in ran.stdout and "what you get when" not in ran.stdout


def test_a_half_done_step_on_own_earlier_ones_is_judged_as_far_as_it_goes(steps, run):
    step_path(3, steps).write_text(Attempt(3, "", (), "", 1, (2,)).source(), encoding="utf-8")
    assert "TODO 1 is right" in run("s03", "--mine", "--from", str(steps)).stdout
