"""tools.skeletons writes what the solutions make, and loses nobody's work."""

import subprocess
import sys

from course.curriculum.steps import STEPS, step_path


def write_skeletons(root) -> str:
    command = [sys.executable, "-m", "tools.skeletons"]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout


def test_nothing_is_written_where_nothing_has_changed(copy):
    assert write_skeletons(copy) == ""


def test_missing_steps_are_written(copy):
    expected = {step: step_path(step, copy / "steps").read_bytes() for step in STEPS}
    for step in STEPS:
        step_path(step, copy / "steps").unlink()
    (copy / "steps").rmdir()
    write_skeletons(copy)
    assert {step: step_path(step, copy / "steps").read_bytes() for step in STEPS} == expected


def test_a_solved_step_is_kept_elsewhere(copy):
    step = copy / "steps" / "step_05.py"
    skeleton, solved = step.read_bytes(), b"my = 'work'  # \xff\n"
    step.write_bytes(solved)
    printed = write_skeletons(copy)
    (kept,) = (copy / ".course").glob("*/step_05.py")
    assert step.read_bytes() == skeleton and kept.read_bytes() == solved
    assert str(kept.relative_to(copy)) in printed
