"""What is typed after ./run."""

import subprocess

import pytest

from course.commands.app import step_number
from course.curriculum.steps import LAST, ROOT


def run(*arguments: str, columns: int = 80) -> subprocess.CompletedProcess[str]:
    """Let ./run's program answer, without an installation."""
    command = [str(ROOT / ".venv" / "bin" / "python"), "-m", "course", *arguments]
    environment = {"COLUMNS": str(columns), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize(
    "name",
    ["8", "08", "s8", "s08", "S08", "step 8", "step8", "step-8", "Step_08", "step_08.py", "steps/step_08.py", " 8 "],
)
def test_a_step_has_many_names(name):
    assert step_number(name) == 8


@pytest.mark.parametrize("arguments", [["s99"], ["99"], ["step", "99"], ["S0"], ["hint", "s99"], ["check", "step_99"]])
def test_a_step_that_is_none_is_answered_with_those_that_there_are(arguments):
    answer = run(*arguments)
    assert answer.returncode == 2
    assert f"{arguments[-1]!r} is not a step: expected 1 to {LAST}" in answer.stderr


@pytest.mark.parametrize("arguments", [["S1"], ["1"], ["step", "1"], ["step_01"]])
def test_a_step_by_any_name_is_checked(arguments, tmp_path):
    (tmp_path / "step_01.py").write_text((ROOT / "solutions" / "solution_01.py").read_text())
    answer = run(*arguments, "--from", str(tmp_path))
    assert answer.returncode == 0, answer.stderr
    assert "Step 01 is done" in answer.stdout


def test_help_lists_the_steps_and_cuts_no_sentence():
    told = run("--help").stdout
    assert "s14  text generation" in told
    assert "..." not in told.partition("Commands:")[2]
    assert max(map(len, told.splitlines())) <= 80
