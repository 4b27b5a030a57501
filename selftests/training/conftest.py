"""What tests of training share: PyTorch, which has an environment of its own, and a text."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from course.curriculum.steps import ROOT
from course.environment import python_with
from course.refusal import Refusal
from course.writing.train import ENVIRONMENT, REQUIREMENTS
from selftests.training.tales import tales

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="session")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "tales.txt"
    path.write_text(tales(seed=0, count=400))
    return path


@pytest.fixture(scope="session")
def python() -> str:
    """The Python that has PyTorch. Its environment is made for the first test, as it is for the first command."""
    try:
        return python_with(REQUIREMENTS, ENVIRONMENT)
    except Refusal as refusal:
        pytest.skip(f"PyTorch is not there: {refusal}")


@pytest.fixture(scope="session")
def start(python: str) -> Start:
    """Starts ./run train."""

    def start(*arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "course", "train", *map(str, arguments)],
            cwd=ROOT,
            env=os.environ | {"OMP_NUM_THREADS": "1"},  # two threads would wait for each other on a busy machine
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # with a process group of its own, which a signal can be sent to as Ctrl-C does
        )

    return start


def interrupt(process: subprocess.Popen[str], at: str, number: signal.Signals) -> int:
    """Send a signal to a training and to all that it has started, once it has printed a text; the exit code."""
    assert process.stderr
    assert any(at in line for line in process.stderr), f"it never said {at!r}"
    os.killpg(process.pid, number)
    process.communicate()
    return process.returncode
