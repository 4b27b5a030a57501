"""Starts a contender's worker process, and asks it."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers.contenders import Contender, environment_of, python_of
from course.curriculum.steps import ROOT

GRACE = 20  # seconds that a worker has to end


class WorkerError(RuntimeError):
    """A worker ended before it had answered."""


class Worker:
    """A process with a loaded model, which is stopped except while it answers.

    It computes on the CPU unless another device is named.
    ``load`` is how long the process took to start and load the model, in seconds.
    """

    def __init__(self, contender: Contender, checkpoint: Path, environments: Path, device: str = "cpu") -> None:
        self.contender = contender
        command = [python_of(contender, environments), "-m", f"benchmarks.peers.workers.{contender.worker}"]
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [*command, checkpoint, contender.weights],
            cwd=ROOT,
            env=environment_of(contender) | {"COURSE_DEVICE": device},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()
        self.load = time.perf_counter() - began
        self._process.send_signal(signal.SIGSTOP)

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(self, what: str, **values: object) -> dict:
        with self._awake():
            self._process.stdin.write(json.dumps({"what": what, **values}) + "\n")
            self._process.stdin.flush()
            return self._answer()

    def close(self) -> None:
        """End the process: by itself, since it may have started others, or else by force."""
        self._process.send_signal(signal.SIGCONT)
        try:
            self._process.communicate(timeout=GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()

    @contextmanager
    def _awake(self) -> Iterator[None]:
        """Let the process run. Otherwise it is stopped, because threads of some libraries spin while they wait."""
        self._process.send_signal(signal.SIGCONT)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGSTOP)

    def _answer(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise WorkerError(f"{self.contender.name} ended with exit code {self._process.wait()}")
        return json.loads(line)
