"""Checks steps: runs their tests in a process that may crash, hang or flood, and keeps the verdicts.

``judge`` starts a process, reads its events, and starts another one without the check that took it down. Everything
that shows or exports results reads the ``StepResult`` that comes out.
"""

import math
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.curriculum.steps import checks_path, read_source, solution_path, step_path
from course.curriculum.todos import read_todos
from course.judging.process import MARK, ON_SOLUTIONS, OUTPUT_LIMIT, STARTUP, Program, Recording, Runner
from course.judging.recognition import called, explanations
from course.judging.verdicts import StepResult, Verdict
from course.refusal import Refusal

TIMEOUT = 30.0  # seconds that one check may take
TOTAL_TIMEOUT = 600.0  # seconds that all checks of a submission may take together
LOSSES = 3  # crashes and endless loops after which the rest of a step is not run
HANGS = 1  # checks without an answer after which a learner, who waits, is told
TEXT_LIMIT = 1000  # characters of each text in a verdict
COMPILE_TIMEOUT = 600.0  # seconds for a kernel that is compiled on the spot: half a minute where nobody else computes
WHOLE = "tests/whole/"  # where the checks stand that only a trial runs
WHOLE_TAKES = 4  # times as long as another check: some ask a model of GPT-2's own size
STARTUP_TIMEOUT = 1800.0  # seconds without a word while MAX compiles its kernels

OnKernels = Callable[[int, int, str | None], None]

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def judge(
    steps: Iterable[int],
    folder: Path | None,
    *,
    program: Program = ON_SOLUTIONS,
    device: str | None = None,
    timeout: float = TIMEOUT,
    total_timeout: float = math.inf,
    hangs: int = HANGS,
    on_kernels: OnKernels = lambda done, total, kernel: None,
    spare: Runner | Recording | None = None,
    cancelled: threading.Event | None = None,
) -> list[StepResult]:
    """Run the checks of each step on ``folder/step_NN.py``, or on the solutions where there is no folder.

    Args:
        program: where the files are run, and what they stand on.
        timeout: seconds that one check may take; compiling kernels does not count.
        total_timeout: seconds that all of it may take, whatever for. What is left then is not run.
        hangs: checks of a step that may give no answer in time before the rest of it is not run.
        on_kernels: called with the kernels loaded, the kernels known to be needed, and the
            name of one that is compiled on the spot.
        spare: a runner that was started beforehand for this folder and these steps (or more), or what has happened
            already. It is used up.
        cancelled: once another thread sets it, the checks end with Cancelled.

    Raises:
        Refusal: no file is there, a step has no checks, or MAX cannot be run.
        Cancelled: ``cancelled`` is set.
    """
    steps = list(steps)
    paths = [step_path(step, folder) if folder else solution_path(step) for step in steps]
    if not any(path.is_file() for path in paths):
        raise Refusal(f"{paths[0]} is not {'a file' if paths[0].exists() else 'there'}")
    for step in steps:
        if not checks_path(step).is_file():
            raise Refusal(f"{checks_path(step)} is not there")
    folder = folder and folder.resolve()
    run = _Run(steps, folder, program, device, timeout, total_timeout, hangs, on_kernels, spare, cancelled)
    run.complete()
    return [run.result(step) for step in steps]


def load_kernels(device: str | None = None, on_kernels: OnKernels = lambda done, total, kernel: None) -> None:
    """Load all kernels of the course in a process of its own, and compile those that are missing.

    Raises:
        Refusal: MAX cannot be run, or the device is not there.
    """
    _Run([], None, ON_SOLUTIONS, device, on_kernels=on_kernels).complete()


@dataclass
class _Run:
    """The verdicts so far, over as many processes as it takes."""

    steps: list[int]
    folder: Path | None
    program: Program
    device: str | None
    timeout: float = TIMEOUT
    total_timeout: float = math.inf
    hangs: int = HANGS
    on_kernels: OnKernels = lambda done, total, kernel: None
    spare: Runner | Recording | None = None
    cancelled: threading.Event | None = None

    def __post_init__(self) -> None:
        self.deadline = time.monotonic() + self.total_timeout
        self.checks: dict[str, Verdict] = {}
        self.step_of: dict[str, int] = {}
        self.done: set[str] = set()
        self.losses: Counter[int] = Counter()  # processes that a step has taken down
        self.hung: Counter[int] = Counter()  # those of them that gave no answer in time
        self.unloadable: dict[int, dict[str, Any]] = {}
        self.todos: dict[int, tuple[dict[int, int], list[int]]] = {}  # their lines, and those that are open
        self.at = STARTUP  # the step that is being checked
        self.seconds = dict.fromkeys(self.steps, 0.0)
        self.output = dict.fromkeys([STARTUP, *self.steps], "")

    def complete(self) -> None:
        while True:
            ready = [step for step in self.steps if step not in self.unloadable]
            known = len(self.done), len(self.unloadable)
            finished = self._work(ready)
            if finished:
                break
            if self._is_over():
                self._end()
                break
            self._give_up()
            if self.unloadable.keys() == set(self.steps):
                break
            if (len(self.done), len(self.unloadable)) == known:
                raise Refusal("the process that runs the checks died before it began:\n" + self.output[STARTUP])
        self._list_unloadable()

    def result(self, step: int) -> StepResult:
        path = step_path(step, self.folder) if self.folder else solution_path(step)
        lines, open_ = self.todos.get(step, ({}, []))
        checks = [check for id, check in self.checks.items() if self.step_of[id] == step]
        if not checks:
            raise Refusal(f"there are no checks for step {step:02} in {checks_path(step).parent}")
        # What drawn checks see of a mistake is recorded nowhere: they neither name one nor speak against it.
        told = [check for check in checks if not check.id.startswith(WHOLE)]
        failed = {check.name: check.mistakes for check in told if check.status in ("failed", "error")}
        passed = {check.name for check in told if check.status == "passed"}
        made_in: dict[str, int | None] = {}  # of each check with a diagnosis the TODO of the mistake
        for check in checks:
            if check.name in failed and (known := explanations(step, check.name, failed, passed)):
                check.mistake, lesson = called(known)
                check.help = lesson or check.help
                made_in[check.name] = known[0].todo
        places = set(made_in.values())
        cause = places.pop() if len(places) == 1 else None  # where one TODO explains all that fails
        for check in checks:
            own_lines = [frame["line"] for frame in check.trace if frame["file"] == path.name]
            if check.todos:  # else the file cannot be imported, and what is wrong may stand below all TODOs
                # The open one, else the one that the exception comes from, else the likeliest.
                before = [todo for todo, line in sorted(lines.items()) if own_lines and line <= own_lines[-1]]
                culprits = [todo for todo in check.todos if todo in open_] or before[-1:] or check.todos
                check.todo = culprits[0]
                if check.name in failed:
                    check.todo = made_in.get(check.name) or cause or check.todo
            elif own_lines and self._is_within(path, own_lines[-1], lines):
                check.todo = max(todo for todo, line in lines.items() if line <= own_lines[-1])
            check.line = own_lines[-1] if own_lines else lines.get(check.todo or 0)
        unfinished = [todo for todo in read_todos(step) if todo.number in open_]
        return StepResult(step, str(path), checks, self.seconds[step], unfinished, self._share_out(self.output[step]))

    @staticmethod
    def _is_within(path: Path, line: int, todos: Mapping[int, int]) -> bool:
        """Whether a line of a file that cannot be imported may belong to a TODO: not where it stands further out."""
        rows = read_source(path).splitlines()
        above = [start for start in todos.values() if start <= line <= len(rows)]
        return bool(above) and _indent(rows[line - 1]) >= _indent(rows[max(above) - 1])

    def _share_out(self, printed: str) -> str:
        """Give each check what was printed while it ran. Returns what was printed before them."""
        if len(printed) > OUTPUT_LIMIT:
            printed = f"{printed[:OUTPUT_LIMIT]}\n(and more: no more than {OUTPUT_LIMIT:,} characters are kept)"
        before, *parts = printed.split(MARK)
        for part in parts:
            id, _, text = part.partition("\n")
            if id in self.checks:  # else a step has printed the mark
                self.checks[id].output += text
        return before

    def _work(self, steps: list[int]) -> bool:
        """Run one runner over what is not done yet. Returns whether it came to its end."""
        runner, self.spare = self.spare or Runner(steps, self.folder, self.program, self.device), None
        with runner:
            runner.begin(steps, skip=self.done)
            finished = self._follow(runner)
        for step, printed in runner.output.items():
            if step in self.output:  # a spare one may know more steps
                self.output[step] += printed.decode("utf-8", errors="replace")
        return finished

    def _follow(self, runner: Runner | Recording) -> bool:
        current: str | None = None
        loading: int | None = None
        began = time.monotonic()
        limit = STARTUP_TIMEOUT
        compiling: str | None = None
        while True:
            try:
                event = runner.next_event(min(limit, self.deadline - time.monotonic()), self.cancelled)
            except TimeoutError:
                if self._is_over():
                    return False
                self.hung[self.at] += 1
                actual, help = f"no answer within {limit:g} s", "Is there an endless loop?"
                if compiling:
                    actual = f"MAX has not compiled {compiling} within {limit:g} s"
                    help = "Your code is not to blame. Try again when this computer has less to do."
                self._blame(current, loading, began, actual, help)
                return False
            if event is None:
                self._blame(current, loading, began, runner.how_it_ended(), "The check ended the whole program.")
                return False
            event = _short(event)
            match event.pop("event"):
                case "refused":
                    raise Refusal(event["why"])
                case "kernels":
                    self.on_kernels(event["done"], event["total"], None)
                case "compile":
                    compiling, limit = event["kernel"], COMPILE_TIMEOUT
                    self.on_kernels(0, 0, compiling)
                case "compiled":
                    compiling, limit = None, self._limit(current)
                case "load":
                    loading, limit = event["step"], self.timeout
                case "todos":
                    self.todos[event["step"]] = dict(event["lines"]), event["open"]
                case "loaded":
                    loading, limit = None, STARTUP_TIMEOUT
                case "unloadable":
                    loading, limit = None, STARTUP_TIMEOUT
                    self.unloadable[event.pop("step")] = event
                case "check":
                    step = event.pop("step")
                    if event["id"] not in self.checks:
                        self.checks[event["id"]] = Verdict(**event)
                        self.step_of[event["id"]] = step
                case "start":
                    current, began, limit = event["id"], time.monotonic(), self._limit(event["id"])
                    self.at = self.step_of[current]
                case "result":
                    self._record(event.pop("id"), event, time.monotonic() - began)
                    current = None
                case "finished":
                    if current is None:
                        return True
                    # pytest obeys a KeyboardInterrupt, whoever raises it, and stops in the middle.
                    self._blame(current, None, began, "it stops all the checks", "Is a KeyboardInterrupt raised?")
                    return False

    def _limit(self, check: str | None) -> float:
        """How long a check may take, or what is done before the first."""
        return self.timeout * (WHOLE_TAKES if check and check.startswith(WHOLE) else 1)

    def _record(self, id: str, verdict: dict[str, Any], seconds: float) -> None:
        if id in self.done:  # a teardown that fails after the verdict
            return
        for name, value in verdict.items():
            setattr(self.checks[id], name, value)
        self.seconds[self.step_of[id]] += seconds
        self.done.add(id)

    def _blame(self, current: str | None, loading: int | None, began: float, actual: str, help: str) -> None:
        """The runner is gone: charge it to what it was doing."""
        if current is not None:
            verdict = {"status": "error", "actual": actual, "help": help, "lost": True}
            self._record(current, verdict, time.monotonic() - began)
        elif loading is not None:
            help = "It happens while the file is imported."
            self.unloadable[loading] = {"status": "error", "actual": actual, "help": help, "lost": True}

    def _give_up(self) -> None:
        """A process is gone. A step that has taken down several does not get another one."""
        self.losses[self.at] += 1
        if self.losses[self.at] < LOSSES and self.hung[self.at] < self.hangs:
            return
        why = f"{LOSSES} checks before this one crashed or gave no answer"
        if self.losses[self.at] < LOSSES:
            why = f"an earlier check gave no answer within {self.timeout:g} s"
        for id, check in self.checks.items():
            if self.step_of[id] == self.at and id not in self.done:
                check.actual = f"not run: {why}"
                check.lost = True
                self.done.add(id)

    def _is_over(self) -> bool:
        return time.monotonic() >= self.deadline

    def _end(self) -> None:
        """There is no time left: nothing more is run."""
        actual = f"not run: all checks together have taken {self.total_timeout:g} s"
        for id, check in self.checks.items():
            if id not in self.done:
                check.actual, check.lost = actual, True
        for step in self.steps:
            if step not in self.step_of.values() and step not in self.unloadable:
                self.unloadable[step] = {"status": "error", "actual": actual, "lost": True}

    def _list_unloadable(self) -> None:
        """A file that cannot be imported fails one check: that it can be."""
        for step, verdict in self.unloadable.items():
            id = f"tests/test_step_{step:02}.py::import"
            self.checks[id] = Verdict(id, "The file can be imported", [], **verdict)
            self.step_of[id] = step


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip())


def _short(value: Any) -> Any:
    """What a runner tells, without the rest of texts that go on and on, and without addresses, which say nothing."""
    match value:
        case str():
            return _ADDRESS.sub("", value[:TEXT_LIMIT])
        case list():
            return [_short(each) for each in value]
        case dict():
            return {name: _short(each) for name, each in value.items()}
    return value
