"""A debugger in a step: without a terminal the report says what to do, and with --debug it has one."""

import os
import pty
import re
import subprocess
import sys

import pytest

from course.curriculum.steps import ROOT, read_source, solution_path, step_path


@pytest.fixture
def folder(tmp_path):
    """A step 08 that is right, with a breakpoint before the weights."""
    before = "    weights = F.softmax"
    source = read_source(solution_path(8))
    assert source.count(before) == 1
    step_path(8, tmp_path).write_text(source.replace(before, f"    breakpoint()\n{before}"), encoding="utf-8")
    return tmp_path


def debug(folder, commands: str) -> str:
    """What a terminal shows of a session in which these are typed."""
    near, far = pty.openpty()
    os.write(near, commands.encode())
    command = [sys.executable, "-m", "course", "s08", "--from", folder, "--debug"]
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm", "COLUMNS": "200"}
    session = subprocess.Popen(command, cwd=ROOT, stdin=far, stdout=far, stderr=far, env=environment)
    os.close(far)
    shown = b""
    try:
        while data := os.read(near, 65536):
            shown += data
    except OSError:  # the terminal's other end is closed
        pass
    session.wait()
    os.close(near)
    return shown.decode()


def check(folder) -> subprocess.CompletedProcess[str]:
    """Step 08, checked without a terminal."""
    command = [sys.executable, "-m", "course", "s08", "--from", folder]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)


def test_without_a_terminal_the_report_says_how_to_get_one(folder):
    ran = check(folder)
    assert ran.returncode == 1
    assert "BdbQuit" in ran.stdout and "Add --debug to the command" in ran.stdout, ran.stdout
    assert "Namespace" not in ran.stdout


def test_input_without_a_terminal_says_so_too(tmp_path):
    step_path(8, tmp_path).write_text("input('which axis? ')\n", encoding="utf-8")
    ran = check(tmp_path)
    assert "EOFError" in ran.stdout and "Add --debug to the command" in ran.stdout, ran.stdout


def test_a_debugger_shows_values_and_the_verdicts_come_afterwards(folder):
    shown = debug(folder, "p scores\n" + "c\n" * 20)
    assert "Tensor [1, 3, 3] float32" in shown and re.search(r"\[0\. +-inf +-inf\]", shown), shown  # masked scores
    assert "Running the checks" not in shown
    assert "Step 08 is done" in shown


def test_leaving_the_debugger_ends_the_checks(folder):
    shown = debug(folder, "c\nq\n")
    (count,) = re.findall(r"1 of (\d+) checks pass", shown)
    assert shown.count("the debugger was left here") == 1
    assert f"the debugger was left (and {int(count) - 3} more for the same reason)" in " ".join(shown.split())


def test_a_debugger_takes_one_step_at_a_time():
    ran = subprocess.run(
        [sys.executable, "-m", "course", "check", "all", "--debug"], cwd=ROOT, capture_output=True, text=True
    )
    assert ran.returncode == 2 and "one step at a time" in ran.stderr
