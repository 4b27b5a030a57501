"""The process that runs a learner's code, seen from outside: it is told to begin, and tells what happens."""

import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.curriculum.steps import ROOT

OUTPUT_LIMIT = 200_000  # characters kept of what a learner's code prints
STARTUP = 0  # in the place of a step's number: what is printed before the first step is loaded
MARK = "\x1e"  # before the id of a check, whose output comes after it
CANCEL_INTERVAL = 0.1  # seconds between two looks at whether the checks are cancelled


@dataclass(frozen=True)
class Program:
    """The module that is run, and its own options: it decides where the learner's code runs."""

    module: str = "course.judging.runner"
    options: tuple[str, ...] = ()


ON_SOLUTIONS = Program()  # steps stand on the solutions
ON_OWN_STEPS = Program(options=("--own",))  # steps stand on the earlier steps in their folder


# What Python reads and no verdict depends on.
HARMLESS = ("PYTHONBREAKPOINT", "PYTHONDONTWRITEBYTECODE", "PYTHONIOENCODING", "PYTHONPYCACHEPREFIX", "PYTHONUTF8")


def environment() -> dict[str, str]:
    """The environment without what steers Python and pytest: somebody's own projects want that, and no check does.

    It is given explicitly to the process: MAX, where this one has it, puts other paths into the real one.
    """
    steering = ("PYTHON", "PYTEST_")
    return {name: value for name, value in os.environ.items() if name in HARMLESS or not name.startswith(steering)}


class Cancelled(Exception):
    """The checks were stopped before their end."""


class Runner:
    """A process that runs checks, in a session of its own so that all of it can be killed.

    It loads MAX and the checks of some steps, and then waits for ``begin``.
    """

    def __init__(self, steps: Iterable[int], folder: Path | None, program: Program, device: str | None = None) -> None:
        # A pipe for the events, and one for what each step prints, so that the two never mix.
        self.events, events_end = os.pipe()
        pipes = {step: os.pipe() for step in [STARTUP, *steps]}
        write_ends = [write_end for _, write_end in pipes.values()]
        command = [sys.executable, "-u", "-m", program.module, "--events", str(events_end)]
        if folder:
            command += ["--folder", str(folder)]
        if device:
            command += ["--device", device]
        command += program.options
        self.process = subprocess.Popen(
            [*command, "--steps", *map(str, steps), "--outputs", *map(str, write_ends[1:])],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=write_ends[0],
            stderr=subprocess.STDOUT,
            pass_fds=[events_end, *write_ends],
            start_new_session=True,
            env=environment(),
        )
        for write_end in [events_end, *write_ends]:
            os.close(write_end)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.events, selectors.EVENT_READ)
        for step, (read_end, _) in pipes.items():
            self.selector.register(read_end, selectors.EVENT_READ, step)
        self.output = dict.fromkeys(pipes, b"")
        self._lines: Iterator[bytes] = iter(())
        self._rest = b""

    def __enter__(self) -> "Runner":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, if it has not ended yet."""
        if self.selector.get_map() is None:  # closed already
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._read()  # what was printed last
        for key in list(self.selector.get_map().values()):
            os.close(key.fd)
        self.selector.close()

    def begin(self, steps: Iterable[int], skip: Iterable[str]) -> None:
        """Let it check these of its steps, without the checks to skip. It can do so once."""
        order = json.dumps({"steps": list(steps), "skip": list(skip)})
        assert self.process.stdin
        with suppress(BrokenPipeError), self.process.stdin as stdin:  # what it died of shows later
            stdin.write(order.encode() + b"\n")

    def next_event(self, timeout: float, cancelled: threading.Event | None) -> dict[str, Any] | None:
        """The next event, or None when the runner is gone.

        Raises:
            TimeoutError: none came within so many seconds.
            Cancelled: another thread has set ``cancelled``.
        """
        deadline = time.monotonic() + timeout
        while True:
            for line in self._lines:
                return json.loads(line)
            remaining = deadline - time.monotonic()
            if remaining <= 0:  # also when the process floods its output meanwhile
                raise TimeoutError
            if self.events not in self.selector.get_map():
                return None
            if cancelled and cancelled.is_set():
                raise Cancelled
            self._read(min(remaining, CANCEL_INTERVAL))

    def how_it_ended(self) -> str:
        self.process.kill()  # in case it has only closed its pipe
        code = self.process.wait()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def _read(self, timeout: float = 0) -> None:
        """Take in what the runner has written, once it has written anything."""
        for key, _ in self.selector.select(timeout):
            data = os.read(key.fd, 65536)
            if not data:
                self.selector.unregister(key.fd)
                os.close(key.fd)
            elif key.fd == self.events:
                *lines, self._rest = (self._rest + data).split(b"\n")
                self._lines = iter(lines)
            elif len(self.output[key.data]) < OUTPUT_LIMIT:
                self.output[key.data] += data[:OUTPUT_LIMIT]


class Recording:
    """What has happened where no other process was needed, asked for one event after another, as of a Runner."""

    def __init__(self) -> None:
        self.output: dict[int, bytes] = {}  # it was seen when it was printed
        self.events: list[dict[str, Any]] = []

    def add(self, event: str, **fields: Any) -> None:
        """The next event."""
        self.events.append({"event": event, **fields})

    def __enter__(self) -> "Recording":
        return self

    def __exit__(self, *_: object) -> None: ...

    def begin(self, steps: Iterable[int], skip: Iterable[str]) -> None:
        """It has begun and ended already."""

    def next_event(self, timeout: float, cancelled: threading.Event | None) -> dict[str, Any]:
        """The next one of what has happened."""
        return self.events.pop(0)

    def how_it_ended(self) -> str:
        return "ended"
