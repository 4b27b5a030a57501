"""Checks steps: runs their tests in a process that may crash, hang or flood, and keeps the verdicts.

``check`` starts course.worker, reads its events, and starts it again without the check that
took it down. Everything that shows or exports results reads the ``StepResult`` that comes out.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from course.todos import ROOT, step_path, solution_path, todo_lines

TIMEOUT = 30.0  # seconds that one check may take
OUTPUT_LIMIT = 20_000  # characters kept of what a learner's code prints
STARTUP_TIMEOUT = 1800.0  # seconds without a word while MAX compiles its kernels


class CannotCheck(Exception):
    """The checks could not be run at all; the message says why."""


@dataclass
class Check:
    """One check's verdict. ``trace`` holds the learner's own lines on the way to an exception."""

    id: str
    title: str
    todo: int | None
    status: str = "error"  # passed, failed, skipped (an earlier TODO is open), error
    expected: str | None = None
    actual: str | None = None
    mistake: str | None = None
    help: str | None = None
    line: int | None = None
    trace: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class StepResult:
    """All verdicts on one file."""

    step: int
    file: str
    checks: list[Check]
    seconds: float
    output: str = ""

    @property
    def passed(self) -> bool:
        return bool(self.checks) and all(check.status == "passed" for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "file": self.file,
            "passed": self.passed,
            "checks": [asdict(check) for check in self.checks],
            "seconds": round(self.seconds, 2),
        }


def check(
    steps: Iterable[int],
    folder: Path | None,
    *,
    own: bool = False,
    device: str | None = None,
    timeout: float = TIMEOUT,
    on_kernels: Callable[[int, int, str | None], None] = lambda done, total, kernel: None,
) -> list[StepResult]:
    """Check ``folder/step_NN.py`` for each step, or the solutions where there is no folder.

    Args:
        own: let the steps stand on the earlier steps in the folder, not on the solutions.
        timeout: seconds that one check may take; compiling kernels does not count.
        on_kernels: called with the kernels loaded, the kernels known to be needed, and the
            name of one that is compiled on the spot.

    Raises:
        CannotCheck: a file is missing, or the worker cannot run MAX.
    """
    steps = list(steps)
    for step in steps:
        path = step_path(step, folder) if folder else solution_path(step)
        if not path.is_file():
            raise CannotCheck(f"{path} is not there")
    run = _Run(steps, folder.resolve() if folder else None, own, device, timeout, on_kernels)
    run.complete()
    return [run.result(step) for step in steps]


class _Run:
    """The verdicts so far, over as many workers as it takes."""

    def __init__(self, steps, folder, own, device, timeout, on_kernels) -> None:
        self.steps: list[int] = steps
        self.folder: Path | None = folder
        self.own: bool = own
        self.device: str | None = device
        self.timeout: float = timeout
        self.on_kernels = on_kernels
        self.checks: dict[str, Check] = {}
        self.step_of: dict[str, int] = {}
        self.done: set[str] = set()
        self.unloadable: dict[int, dict[str, Any]] = {}
        self.seconds: dict[int, float] = dict.fromkeys(steps, 0.0)
        self.output = ""

    def complete(self) -> None:
        while True:
            ready = [step for step in self.steps if step not in self.unloadable]
            known = len(self.done), len(self.unloadable)
            finished = self._work(ready)
            if finished:
                break
            if (len(self.done), len(self.unloadable)) == known:
                raise CannotCheck("the process that runs the checks dies before it begins:\n" + self.output[-2000:])
        self._list_unloadable()

    def result(self, step: int) -> StepResult:
        path = step_path(step, self.folder) if self.folder else solution_path(step)
        lines = todo_lines(path.read_bytes().decode("utf-8", errors="replace"))
        checks = [check for id, check in self.checks.items() if self.step_of[id] == step]
        if not checks:
            raise CannotCheck(f"there are no checks for step {step:02} in {ROOT / 'tests'}")
        for check in checks:
            own_lines = [frame["line"] for frame in check.trace if frame["file"] == path.name]
            check.line = own_lines[-1] if own_lines else lines.get(check.todo or 0)
        return StepResult(step, str(path), checks, self.seconds[step], self.output)

    def _work(self, steps: list[int]) -> bool:
        """Run one worker over what is not done yet. Returns whether it came to its end."""
        current: str | None = None
        loading: int | None = None
        began = time.monotonic()
        with _Worker(self._arguments(steps)) as worker:
            limit = STARTUP_TIMEOUT
            while True:
                try:
                    event = worker.next_event(limit)
                except TimeoutError:
                    self._blame(current, loading, f"no answer within {self.timeout:g} s", "Is there an endless loop?")
                    break
                if event is None:
                    self._blame(current, loading, worker.how_it_ended(), "The check ended the whole program.")
                    break
                match event.pop("event"):
                    case "refused":
                        raise CannotCheck(event["why"])
                    case "kernels":
                        self.on_kernels(event["done"], event["total"], None)
                    case "compile":
                        self.on_kernels(0, 0, event["kernel"])
                        limit = STARTUP_TIMEOUT
                    case "compiled":
                        limit = self.timeout
                    case "load":
                        loading, limit = event["step"], self.timeout
                    case "unloadable":
                        self.unloadable[event.pop("step")] = event
                    case "check":
                        loading, limit = None, STARTUP_TIMEOUT
                        step = event.pop("step")
                        if event["id"] not in self.checks:
                            self.checks[event["id"]] = Check(**event)
                            self.step_of[event["id"]] = step
                    case "start":
                        current, began, limit = event["id"], time.monotonic(), self.timeout
                    case "result":
                        self._record(event.pop("id"), event, time.monotonic() - began)
                        current = None
                    case "finished":
                        self.output = worker.output
                        return True
            self.output = worker.output
        return False

    def _arguments(self, steps: list[int]) -> list[str]:
        arguments = ["--steps", *map(str, steps), "--skip", *self.done]
        if self.folder:
            arguments += ["--folder", str(self.folder)]
        if self.own:
            arguments += ["--own"]
        if self.device:
            arguments += ["--device", self.device]
        return arguments

    def _record(self, id: str, verdict: dict[str, Any], seconds: float) -> None:
        if id in self.done:  # a teardown that fails after the verdict
            return
        for name, value in verdict.items():
            setattr(self.checks[id], name, value)
        self.seconds[self.step_of[id]] += seconds
        self.done.add(id)

    def _blame(self, current: str | None, loading: int | None, actual: str, help: str) -> None:
        """The worker is gone: charge it to what it was doing."""
        if current is not None:
            self._record(current, {"status": "error", "actual": actual, "help": help}, self.timeout)
        elif loading is not None:
            self.unloadable[loading] = {"status": "error", "actual": actual, "help": "It happens while the file is imported."}

    def _list_unloadable(self) -> None:
        """A file that cannot be imported fails one check: that it can be."""
        for step, verdict in self.unloadable.items():
            id = f"tests/test_step_{step:02}.py::import"
            self.checks[id] = Check(id, "The file can be imported", None, **verdict)
            self.step_of[id] = step


class _Worker:
    """A course.worker process, in a session of its own so that all of it can be killed."""

    def __init__(self, arguments: list[str]) -> None:
        read_end, write_end = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "course.worker", "--events", str(write_end), *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[write_end],
            start_new_session=True,
        )
        os.close(write_end)
        self.events = read_end
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.events, selectors.EVENT_READ)
        self.selector.register(self.process.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
        self.output = ""
        self._lines: Iterator[bytes] = iter(())
        self._rest = b""

    def __enter__(self) -> "_Worker":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.selector.close()
        os.close(self.events)
        self.process.stdout.close()  # type: ignore[union-attr]

    def next_event(self, timeout: float) -> dict[str, Any] | None:
        """The next event, or None when the worker is gone.

        Raises:
            TimeoutError: none came within so many seconds.
        """
        deadline = time.monotonic() + timeout
        while True:
            for line in self._lines:
                return json.loads(line)
            remaining = deadline - time.monotonic()
            if remaining <= 0:  # also when the process floods its output meanwhile
                raise TimeoutError
            for key, _ in self.selector.select(remaining):
                data = os.read(key.fd, 65536)
                if key.fd != self.events:
                    self._keep(data, key.fileobj)
                elif not data:
                    return None
                else:
                    *lines, self._rest = (self._rest + data).split(b"\n")
                    self._lines = iter(lines)

    def how_it_ended(self) -> str:
        code = self.process.wait()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def _keep(self, data: bytes, stream: Any) -> None:
        if not data:
            self.selector.unregister(stream)
        elif len(self.output) < OUTPUT_LIMIT:
            self.output += data.decode("utf-8", errors="replace")[: OUTPUT_LIMIT - len(self.output)]
