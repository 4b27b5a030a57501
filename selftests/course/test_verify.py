"""verify finds no fault in the course, and names each one that is put into a copy."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from course.curriculum.catalogue import read_mistakes, read_right
from course.curriculum.steps import STEPS, solution_path
from course.curriculum.todos import read_todos
from course.judging.verdicts import StepResult, Verdict
from course.proof import verify
from course.proof.verify import READING, skeletons_fail, solutions_pass


def faults(root) -> dict[str, list[str]]:
    """The faults that reading finds, by the point that finds them."""
    found = {point.__name__: point(root).faults for point in READING}
    return {name: lines for name, lines in found.items() if lines}


def test_a_faultless_copy_has_no_faults(copy):
    assert faults(copy) == {}


# Breaking a copy. The points that are not named find nothing.


def test_a_drifted_skeleton(copy, edit):
    edit("steps/step_03.py", "layer normalization.\n", "layer normalisation.\n")
    assert faults(copy) == {
        "skeletons": ["steps/step_03.py, line 1: not what tools/skeletons.py makes (is it solved?)"],
        "additions": ["steps/step_03.py, line 1: not in solutions/solution_03.py"],
    }


def test_windows_line_ends_in_a_skeleton(copy):
    step = copy / "steps" / "step_03.py"
    step.write_bytes(step.read_bytes().replace(b"\n", b"\r\n"))
    assert list(faults(copy)) == ["skeletons"]


def test_a_filled_skeleton(copy, edit):
    edit("steps/step_14.py", 'raise NotImplementedError("step 14, TODO 2: score the next token")', "logits = 1")
    assert faults(copy)["skeletons"] == ["steps/step_14.py, line 37: not what tools/skeletons.py makes (is it solved?)"]


def test_a_solution_that_changes_what_is_given(copy, edit):
    edit("solutions/solution_02.py", "from max.dtype import DType\n", "from max.dtype import DType as DType\n")
    found = faults(copy)
    assert list(found) == ["skeletons", "additions"]
    assert found["additions"] == ["steps/step_02.py, line 11: not in solutions/solution_02.py"]


def test_a_solution_that_adds_a_line_outside_its_todos(copy, edit):
    edit("solutions/solution_02.py", "from max.dtype import DType\n", "from max.dtype import DType\nimport math\n")
    assert faults(copy)["additions"] == [
        "solutions/solution_02.py, line 12: not in a TODO block, and not in steps/step_02.py"
    ]


def test_a_solution_that_drops_a_line(copy, edit):
    edit("solutions/solution_14.py", "    return next_token\n", "")
    assert "steps/step_14.py, line 60: not in solutions/solution_14.py" in faults(copy)["additions"]


@pytest.mark.parametrize("new", ["# hint: ", "# hint:", "#"], ids=["blank", "empty", "gone"])
def test_an_empty_hint(copy, edit, new):
    hint = "# hint: `F.gather(table, indices, axis)` collects slices of a table along an axis."
    edit("solutions/solution_05.py", hint, new)
    assert "solutions/solution_05.py, TODO 2: 2 hints, not 3" in faults(copy)["hints"]


def test_a_marker_that_is_gone(copy, edit):
    edit("solutions/solution_14.py", "= input_ids\n    for", "= input_ids\n    # end\n    for")
    (fault,) = faults(copy)["markers"]
    assert fault.startswith("solutions/solution_14.py: solution 14, line ") and "'# end' outside a TODO" in fault


def test_a_solution_that_is_not_python(copy, edit):
    edit("solutions/solution_02.py", "def causal_mask(", "def causal_mask((")
    (fault,) = faults(copy)["markers"]
    assert fault.startswith("solutions/solution_02.py: ")


def test_a_moved_line(copy, edit):
    edit("steps/step_14.py", "from __future__ import annotations\n", "from __future__ import annotations\n\n")
    moved = faults(copy)["quoted_lines"]
    assert len(moved) == 5
    assert moved[1] == "steps/step_14.py: TODO 2 stands on lines 33-38, not on lines 32-37"


def test_a_todo_that_is_gone(copy, edit):
    edit("steps/step_14.py", "# TODO 4: ", "# ")
    assert faults(copy)["quoted_lines"] == ["steps/step_14.py: TODO 4 stands nowhere, not on lines 57-58"]


@pytest.mark.parametrize("name", ["tests/test_step_03.py", "tests/fixtures/step_03.npz"])
def test_a_missing_check(copy, name):
    (copy / name).unlink()
    assert faults(copy) == {"files": [f"{name} is missing"]}


@pytest.mark.parametrize("name", ["steps/step_03.py", "solutions/solution_03.py"])
def test_a_missing_step(copy, name):
    (copy / name).unlink()
    assert faults(copy) == {"files": [f"{name} is missing"]}


def test_finding_nothing_is_a_fault_of_every_point(tmp_path):
    found = faults(tmp_path)
    assert list(found) == [point.__name__ for point in READING]
    for name in ("markers", "hints", "skeletons", "additions"):
        assert found[name] == ["found nothing to check"]


def test_steps_alone_are_nothing_to_compare(copy):
    shutil.rmtree(copy / "solutions")
    found = faults(copy)
    assert found["skeletons"] == found["additions"] == ["found nothing to check"]


def test_git_names_the_files_where_it_is_there(copy):
    subprocess.run(["git", "init", "--quiet"], cwd=copy, check=True)
    (copy / ".gitignore").write_text("__pycache__/\n/scratch/\n")
    (copy / "scratch").mkdir()
    (copy / "scratch" / "notes.txt").touch()
    assert faults(copy) == {}


# Judging what the checks say


def result(step: int, status: str, todos: list[int], unfinished: bool) -> StepResult:
    check = Verdict("tests/test_step.py::test_it", "It works", todos, status=status, actual="7")
    return StepResult(step, str(solution_path(step)), [check], 0.0, read_todos(step) if unfinished else [])


def test_skeletons_must_fail_and_name_their_todos():
    assert skeletons_fail([result(3, "skipped", [1, 2], unfinished=True)]).faults == []
    assert skeletons_fail([result(3, "passed", [1, 2], unfinished=True)]).faults == [
        "solutions/solution_03.py passes tests/test_step.py::test_it"
    ]
    assert skeletons_fail([result(3, "error", [1, 2], unfinished=False)]).faults == [
        "solutions/solution_03.py: TODO 1 is not seen as open",
        "solutions/solution_03.py: TODO 2 is not seen as open",
    ]


def test_solutions_must_pass_and_prove_their_todos():
    assert solutions_pass([result(3, "passed", [1, 2], unfinished=False)]).faults == []
    assert solutions_pass([result(3, "passed", [2], unfinished=False)]).faults == [
        "solutions/solution_03.py: no check proves TODO 1"
    ]
    for status in ("failed", "error", "skipped"):
        assert solutions_pass([result(3, status, [1, 2], unfinished=False)]).faults == [
            f"solutions/solution_03.py does not pass tests/test_step.py::test_it: {status}, 7"
        ]


@pytest.mark.parametrize("judge", [skeletons_fail, solutions_pass])
def test_no_results_are_a_fault(judge):
    assert judge([]).faults == ["found nothing to check"]


# The command


def test_the_command_runs_the_checks_and_says_what_is_wrong(copy, edit):
    """On a copy of two steps, in which a skeleton is solved and a solution is wrong."""
    for step in list(STEPS)[2:]:
        for name in (f"steps/step_{step:02}.py", f"solutions/solution_{step:02}.py"):
            (copy / name).unlink()
    for page in copy.glob("book/src/step_*.md"):  # they are another test's matter
        page.unlink()
    shutil.copy(solution_path(1), copy / "steps" / "step_01.py")
    edit("solutions/solution_02.py", "num_lower=None, num_upper=0, exclude", "num_lower=0, num_upper=None, exclude")
    command = [sys.executable, "-m", "course", "verify", "--score"]
    ran = subprocess.run(command, cwd=copy, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})
    assert ran.returncode == 1, ran.stderr
    assert "steps/step_03.py is missing" in ran.stdout
    assert "steps/step_01.py passes tests/test_step_01.py::" in ran.stdout
    assert "solutions/solution_02.py does not pass tests/test_step_02.py::" in ran.stdout
    assert "solutions/solution_01.py does not pass" not in ran.stdout
    # Step 01 keeps its score; of step 02 the answers that are edits of another solution are lost.
    mistakes, right = len(read_mistakes(1)), len(read_right(1))
    first, second, both = (list(map(int, re.findall(r"\d+", row))) for row in ran.stdout.splitlines()[-3:])
    assert first[:2] == [1, mistakes] and first[2] == mistakes and first[4:6] == [right, right]
    assert second[0] == 2 and second[2] < second[1] == len(read_mistakes(2))
    assert both == [a + b for a, b in zip(first[1:], second[1:])]


def test_answers_that_cannot_be_tried_are_a_fault(monkeypatch):
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    monkeypatch.setattr(verify, "READING", ())
    monkeypatch.setattr(verify, "judge", lambda *arguments, **options: [])
    *_, last = verify.verify(lambda *_: None, lambda *_: None)
    (fault,) = last.faults
    assert fault.startswith("tools.mistakes ends after 0 of ")
