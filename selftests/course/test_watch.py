"""watch answers every save, whatever the learner's file does, and leaves nothing behind."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from course.curriculum.steps import STEPS, solution_path, step_path
from tools.attempts import Attempt

PATIENCE = 60.0  # seconds for what takes two on an idle machine

# Makes its standard input the terminal that it belongs to, so that Ctrl-C reaches it, even where
# the tests run in the background of a shell, which lets them ignore it.
AT_TERMINAL = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "course", "watch"])
"""


class Terminal:
    """``watch`` in the copy of the course, at a terminal of its own."""

    def __init__(self, copy: Path) -> None:
        self.copy = copy
        self.end, end = pty.openpty()
        self.modes = termios.tcgetattr(self.end)
        self.process = subprocess.Popen(
            [sys.executable, "-c", AT_TERMINAL],
            cwd=copy,
            stdin=end,
            stdout=end,
            stderr=end,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"},
        )
        os.close(end)
        self.text = ""

    def save(self, step: int, source: str) -> None:
        """Save a step as an editor does: a new file takes the place of the old one."""
        new = self.copy / "steps" / ".new"
        new.write_text(source, encoding="utf-8")
        self.text = ""
        os.replace(new, step_path(step, self.copy / "steps"))

    def press(self, key: str) -> None:
        self.text = ""
        os.write(self.end, key.encode())

    def wait_for(self, *words: str) -> None:
        """Read until all of the words are on the screen."""
        deadline = time.monotonic() + PATIENCE
        while not all(word in self.text for word in words):
            assert time.monotonic() < deadline, f"no {words} in {self.text!r}"
            if select.select([self.end], [], [], 0.1)[0]:
                data = os.read(self.end, 65536).decode(errors="replace")
                self.text += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", data)

    def workers(self) -> list[str]:
        """The processes of the course that still run."""
        listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
        return [line for line in listed.splitlines() if "course.judging.runner" in line and str(self.copy) in line]

    def wait_for_end(self) -> int:
        code = self.process.wait(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while self.workers() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert self.workers() == []
        return code


@pytest.fixture
def terminal(copy: Path):
    terminal = Terminal(copy)
    yield terminal
    terminal.process.kill()
    terminal.process.wait()
    os.close(terminal.end)


def solved(step: int, old: str = "", new: str = "") -> str:
    text = solution_path(step).read_text(encoding="utf-8")
    assert old in text
    return text.replace(old, new, 1)


def test_every_save_is_answered(terminal):
    terminal.wait_for("Step 01", "TODO 1", "Watching steps/step_01.py", "quit")
    terminal.save(1, solved(1, "n_layer: int = 12", "n_layer: int = 11"))
    terminal.wait_for("Not yet", "n_layer = 11")
    terminal.save(1, solved(1))
    terminal.wait_for("Step 01 is done", "Watching steps/step_02.py")

    # Another step than the one that is watched.
    terminal.save(3, "import os\nos._exit(3)\n")
    terminal.wait_for("Step 03", "ended with exit code 3", "Watching steps/step_03.py")
    terminal.save(3, "while True:\n    pass\n")
    time.sleep(1)
    terminal.save(3, solved(3))  # does not have to wait for the loop
    terminal.wait_for("Step 03 is done", "Watching steps/step_04.py")
    terminal.save(2, solved(2, "return F.band", "return G.band"))
    terminal.wait_for("NameError", "Next: TODO 2")  # where the name stands
    terminal.save(2, solved(2))
    terminal.wait_for("Step 02 is done", "Watching steps/step_04.py")
    terminal.press("q")
    assert terminal.wait_for_end() == 0


def test_a_half_done_step_is_judged_as_far_as_it_goes(terminal):
    terminal.wait_for("Watching steps/step_01.py")
    terminal.save(3, Attempt(3, "", (), "", 1, (2,)).source())
    terminal.wait_for("TODO 1 is right", "Watching steps/step_03.py")


def test_a_file_that_is_deleted_and_a_folder_that_is_replaced(terminal):
    terminal.wait_for("Watching steps/step_01.py")
    steps = terminal.copy / "steps"
    terminal.text = ""
    step_path(1, steps).unlink()
    terminal.wait_for("step_01.py is not there", "./run reset 1 brings its skeleton back")

    terminal.text = ""
    shutil.copytree(steps, terminal.copy / "branch")
    (terminal.copy / "branch" / "step_01.py").write_text(solved(1, "n_layer: int = 12", "n_layer: int = 11"))
    shutil.rmtree(steps)
    (terminal.copy / "branch").rename(steps)
    terminal.wait_for("n_layer = 11", "Watching")
    terminal.save(1, solved(1))  # the new folder is watched, too
    terminal.wait_for("Step 01 is done")
    terminal.press("q")
    assert terminal.wait_for_end() == 0


def test_keys(terminal):
    terminal.wait_for("Watching steps/step_01.py")
    terminal.press("h")
    terminal.wait_for("1/3", "Watching")
    terminal.press("d")
    terminal.wait_for("you have not passed it")
    terminal.press("n")  # anything but y
    terminal.wait_for("Watching")
    assert "vocab_size" not in terminal.text
    terminal.press("d")
    terminal.wait_for("you have not passed it")
    terminal.press("y")
    terminal.wait_for("vocab_size", "Watching")
    terminal.press("l")
    terminal.wait_for("0 of 14 steps", "Watching")
    assert termios.tcgetattr(terminal.end) != terminal.modes  # keys are read one by one
    terminal.press("q")
    assert terminal.wait_for_end() == 0
    assert termios.tcgetattr(terminal.end) == terminal.modes


@pytest.mark.parametrize("source", ["", "while True:\n    pass\n"], ids=["idle", "in an endless loop"])
def test_ctrl_c_ends_it_cleanly(terminal, source):
    terminal.wait_for("Watching steps/step_01.py")
    if source:
        terminal.save(1, source)
        time.sleep(1)
    terminal.press("\x03")
    assert terminal.wait_for_end() == 0
    assert termios.tcgetattr(terminal.end) == terminal.modes
    terminal.wait_for("")  # what is left to read
    assert "Traceback" not in terminal.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_nothing_is_left_when_it_is_killed(terminal, number):
    terminal.wait_for("Watching steps/step_01.py")
    terminal.process.send_signal(number)
    assert terminal.wait_for_end() != 0


def test_all_done(copy, run):
    for step in STEPS:
        step_path(step, copy / "steps").write_text(solved(step), encoding="utf-8")
    assert run("check", "all").returncode == 0
    ended = run("watch")
    assert ended.returncode == 0 and "All steps are done" in ended.stdout
