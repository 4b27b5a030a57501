"""`./run python`: MAX is quick, solutions and steps import, tensors show their values, programs run as in Python."""

import os
import pty
import subprocess
import sys
import threading
import time

import pytest

from book.pages import read_pages
from book.proof import python_blocks
from course.curriculum.steps import ROOT

ONES = "import numpy as np; from max.experimental.tensor import Tensor; x = Tensor(np.ones((2, 3), np.float32))"
TWOS = "Tensor [2, 3] float32\n[[2. 2. 2.]\n [2. 2. 2.]]\n"


def python(*arguments, cwd=ROOT, **options) -> subprocess.CompletedProcess[str]:
    """Run the command as ./run does from a folder."""
    return subprocess.run(
        [sys.executable, "-m", "course", "python", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "INIT_CWD": str(cwd)},
        capture_output=True,
        text=True,
        **options,
    )


def test_a_sum_takes_no_compiler_and_shows_its_values():
    begun = time.monotonic()
    ran = python("-c", f"{ONES}; print(x + x)")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, TWOS, "")
    assert time.monotonic() - begun < 30  # a plain interpreter takes more than a minute


def test_a_file_runs_as_python_runs_it(tmp_path):
    (tmp_path / "beside.py").write_text("number = 7\n")
    (tmp_path / "program.py").write_text(
        "import sys\nfrom dataclasses import dataclass\nfrom beside import number\n"
        "from solutions.solution_08 import compute_attention\nfrom steps.step_08 import compute_attention as mine\n"
        "@dataclass\nclass Pair:\n    left: 'int'\n"
        "print(__name__, sys.argv, number, Pair(1), compute_attention is not mine)\n"
    )
    ran = python("program.py", "-c", "two words", cwd=tmp_path, stdin=subprocess.DEVNULL)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "__main__ ['program.py', '-c', 'two words'] 7 Pair(left=1) True\n"


def test_a_program_may_come_from_a_pipe_and_a_module_by_its_name():
    assert python(input=f"{ONES}\nprint(x * 2)\n").stdout == TWOS
    assert python("-m", "this").stdout.startswith("The Zen of Python")
    assert python("-c", "import sys; print(sys.argv)", "a", "b").stdout == "['', 'a', 'b']\n"


def test_an_error_is_shown_from_the_programs_own_line_on(tmp_path):
    (tmp_path / "program.py").write_text("def half(x):\n    return x / 0\n\nhalf(1)\n")
    ran = python(tmp_path / "program.py")
    assert ran.returncode == 1
    assert "course" not in ran.stderr and "line 4, in <module>" in ran.stderr and "ZeroDivisionError" in ran.stderr
    assert ran.stderr.count("  File ") == 2
    wrong = python("-c", "x = = 1")
    assert (wrong.returncode, wrong.stderr.count("  File ")) == (1, 1) and "SyntaxError" in wrong.stderr


def test_exit_codes_are_the_programs():
    assert python("-c", "raise SystemExit(7)").returncode == 7
    missing = python("nowhere.py")
    assert (missing.returncode, missing.stderr) == (
        2,
        "error: nowhere.py cannot be read: No such file or directory\n",
    )


def type_into(commands: str, *arguments) -> str:
    """What a terminal shows of the command, when this is typed."""
    near, far = pty.openpty()
    os.write(near, commands.encode())
    command = [sys.executable, "-m", "course", "python", *map(str, arguments)]
    session = subprocess.Popen(
        command, cwd=ROOT, stdin=far, stdout=far, stderr=far, env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"}
    )
    os.close(far)
    shown = b""
    end = threading.Timer(60, session.kill)  # rather than wait for ever
    end.start()
    try:
        while data := os.read(near, 65536):
            shown += data
    except OSError:  # the other end is closed
        pass
    session.wait()
    end.cancel()
    os.close(near)
    return shown.decode().replace("\r\n", "\n")


def test_at_a_terminal_a_tensor_that_is_named_shows_its_values():
    shown = type_into("x = Tensor(np.ones((2, 3), np.float32))\nx + x\nx @ x\n1 + 1\nexit()\n")
    assert f">>> {TWOS}" in shown or TWOS in shown, shown
    assert "from steps.step_08 import" in shown  # what it can do is said before it is asked
    assert "Traceback" in shown and "\n2\n" in shown, shown  # it goes on after an error


def test_a_breakpoint_has_the_terminal(tmp_path):
    (tmp_path / "program.py").write_text(f"{ONES}\ntwice = x + x\nbreakpoint()\nprint('went on')\n")
    shown = type_into("p twice\nc\n", tmp_path / "program.py")
    assert TWOS in shown and "\nwent on\n" in shown, shown
    left = type_into("q\n", tmp_path / "program.py")
    assert "\nwent on\n" not in left and "Traceback" not in left, left


PAGES = {page.name: blocks for page in read_pages(ROOT) if (blocks := python_blocks(page))}


@pytest.mark.parametrize("name", PAGES)
def test_every_block_of_a_page_of_the_book_runs_there(name, tmp_path):
    """One after another, as somebody types them who reads the page; no page of the book has one that does not."""
    mark = "\x1e"
    program = tmp_path / "page.py"
    program.write_text("".join(f"{code}\nprint({mark!r}, end='')\n" for _, code, _ in PAGES[name]), encoding="utf-8")
    ran = python(program)
    assert ran.returncode == 0, ran.stderr
    printed = ran.stdout.split(mark)
    for (_, _, expected), text in zip(PAGES[name], printed, strict=False):
        assert expected is None or text.rstrip() == expected.rstrip()
    assert len(printed) == len(PAGES[name]) + 1
