"""The process that runs a learner's code: ``python -m course.judging.runner``, started by course.judging.process.

It loads MAX, its kernels and the checks, and waits for a line of JSON on its standard input that
says which steps to import and which checks to skip. Then it runs the checks with pytest, and tells
what happens, as it happens, in JSON lines on a pipe of its own; what the learner's code prints goes
elsewhere. It keeps no results: if the learner's code takes the process down, nothing is lost.
"""

import argparse
import gc
import itertools
import json
import os
import select
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from max.driver import Device

from course import runtime
from course.curriculum.steps import ROOT, read_source, solution_path, step_path
from course.curriculum.todos import open_todos, read_todos, todo_lines
from course.judging.description import describe
from course.judging.fixtures import SUBJECT
from course.judging.process import MARK
from course.judging.recognition import recognize
from course.judging.subject import Gone, LocalSubject, Subject
from kernels import background

# What pytest would print is not for the learner; what the learner's code prints is. Without its debugging, breakpoint()
# is Python's own. Plugins of packages that happen to be installed have no part in a verdict, and take time.
OPTIONS = ["--capture=no", "--disable-plugin-autoload", f"--rootdir={ROOT}"]
for plugin in ("terminal", "cacheprovider", "faulthandler", "debugging"):
    OPTIONS += ["-p", f"no:{plugin}"]


def parser() -> argparse.ArgumentParser:
    """The arguments that every such process has: ``course.judging.process`` sends them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, required=True, help="file descriptor to write to")
    parser.add_argument("--folder", type=Path, help="where the steps are; without it, the solutions")
    parser.add_argument("--device")
    parser.add_argument("--steps", type=int, nargs="*", default=[])
    parser.add_argument("--outputs", type=int, nargs="*", default=[], help="for each step a descriptor to print to")
    return parser


def main() -> None:
    own = parser()
    own.add_argument("--own", action="store_true", help="steps stand on the earlier steps in their folder")
    arguments = own.parse_args()
    run(arguments, lambda device, on_compile: LocalSubject(arguments.folder, arguments.own))


def run(arguments: argparse.Namespace, make_subject: Callable[[Device, Callable[[bool], None]], Subject]) -> None:
    """Run the checks of the steps that are asked for.

    Args:
        make_subject: makes what is checked, given the device, and what it calls when it begins (True) or ends (False)
            to compile a kernel.
    """
    outputs = dict(zip(arguments.steps, arguments.outputs, strict=True))
    for descriptor in [arguments.events, *arguments.outputs]:
        os.set_inheritable(descriptor, False)
    threading.Thread(target=_end_with_reader, args=[arguments.events], daemon=True).start()
    pipe = os.fdopen(arguments.events, "w", buffering=1, encoding="utf-8")

    def send(event: str, **fields: Any) -> None:
        pipe.write(json.dumps({"event": event, **fields}) + "\n")

    def begin(step: int, check: str) -> None:
        """From now on what is printed is the step's, and the check's, if one is named."""
        os.dup2(outputs[step], 1)
        os.dup2(outputs[step], 2)
        # New files, in case the step before has closed or replaced its own.
        sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        if check:
            os.write(1, f"{MARK}{check}\n".encode())

    try:
        device = runtime.pick_device(arguments.device)
    except ValueError as error:
        send("refused", why=str(error))
        return
    subject = make_subject(device, lambda begins: send("compile", kernel="a kernel") if begins else send("compiled"))
    from course.runtime import kernels

    is_complete = kernels.load(
        device, lambda done, total: send("kernels", done=done, total=total), arguments.steps or None
    )
    kernels.on_compile(lambda kernel: send("compile", kernel=kernel), lambda: send("compiled"))
    if arguments.steps:
        files = [str(path) for step in arguments.steps for path in subject.files(step)]
        pytest.main([*OPTIONS, *files], plugins=[Narrator(send, begin, arguments.folder, subject, _order)])
    if not is_complete:
        background.start("course.runtime.warm")
    send("finished")


def _order() -> dict[str, Any]:
    """What is to be done, once it is said."""
    if not (line := sys.stdin.buffer.readline()):
        os._exit(0)  # nobody is there any more who could ask
    return json.loads(line)


def _end_with_reader(pipe: int) -> None:
    """End this process when nobody reads the pipe any more: what it waits for may never come."""
    poll = select.poll()
    poll.register(pipe, 0)  # errors only
    poll.poll()
    os._exit(1)


class Narrator:
    """A pytest plugin that sends an event for every check."""

    def __init__(
        self,
        send: Callable[..., None],
        begin: Callable[[int, str], None],
        folder: Path | None,
        subject: Subject,
        order: Callable[[], dict[str, Any]],
    ) -> None:
        """
        Args:
            send: told of each event.
            begin: told of each step before it is loaded, and of each check, by its id, before it is run.
            order: waits for the word, and gives the steps to load and the checks to skip.
        """
        self.order = order
        self.send = send
        self.begin = begin
        self.folder = folder
        self.subject = subject
        self.items: list[pytest.Item] = []
        self.loaded: dict[int, bool] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[SUBJECT] = self.subject

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Checks that cannot be imported are no fault of the learner's, and say why."""
        if report.failed:
            reason = str(report.longrepr).strip().splitlines()
            self.send("refused", why=f"{report.nodeid} cannot be imported: {reason[-1] if reason else 'no reason'}")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """All is ready. Wait for the word, and only then read the learner's files."""
        gc.collect()
        gc.freeze()  # what MAX has loaded stays: looking through it again and again takes a quarter of a second
        gc.set_threshold(50_000)  # graphs are thousands of small objects
        order = self.order()
        self.subject.begin()
        self.items = [item for item in items if _step(item) in order["steps"]]
        left = [item for item in self.items if item.nodeid not in order["skip"]]
        items[:] = [
            item for step, checks in itertools.groupby(left, _step) for item in self.subject.arrange(step, list(checks))
        ]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        step = _step(item)
        if step not in self.loaded:  # one after another: in a trial none sees what comes later
            self.begin(step, "")
            self.loaded[step] = self._load(step)
        if not self.loaded[step]:
            return True  # it has been dealt with
        self.begin(step, item.nodeid)
        self.send("start", id=item.nodeid)
        return None

    def _load(self, step: int) -> bool:
        self.send("load", step=step)
        self.send("todos", step=step, **_todos(step, self.folder))
        try:
            self.subject.load(step)
        except BaseException as error:  # SystemExit too: nothing that a step does ends the run
            self.send("unloadable", step=step, **describe(error, self.folder), lost=isinstance(error, Gone))
            self._end_if_gone(error)
            return False
        self.send("loaded")
        for item in self.items:
            if _step(item) == step:
                self.send("check", **_facts(item))
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report = yield
        if call.excinfo and report.skipped:
            self.send("result", id=item.nodeid, status="skipped", actual=str(call.excinfo.value))
        elif call.excinfo and report.failed:
            error = call.excinfo.value
            verdict = describe(error, self.folder) | {"lost": isinstance(error, Gone)}
            recognized = recognize(_step(item), item.name, self._as_known(item, error))
            self.send("result", id=item.nodeid, **verdict, mistakes=recognized)
            self._end_if_gone(error)
        elif report.when == "call":
            self.send("result", id=item.nodeid, status="passed")
        return report

    def _end_if_gone(self, error: BaseException) -> None:
        """In a trial: without the process of the submission there is no more to do here."""
        if isinstance(error, Gone):
            os._exit(1)  # course.judging.run starts another process for the rest

    def _as_known(self, item: pytest.Item, error: BaseException) -> BaseException:
        """The same failure for the inputs for which the known mistakes' answers are recorded."""
        known = self.subject.known(_step(item))
        if known is None:
            return error
        case = known[0]
        others = {
            "cases": lambda: known,
            "expected": lambda: case,
            "parameters": lambda: case.parameters,
            "config": lambda: case.config,
        }
        names = item._fixtureinfo.argnames  # type: ignore[attr-defined]
        given = item.funcargs  # type: ignore[attr-defined]
        if others.keys().isdisjoint(names):
            return error
        try:
            item.obj(**{name: others[name]() if name in others else given[name] for name in names})  # type: ignore[attr-defined]
        except Exception as known_error:
            return known_error
        return error


def _step(item: pytest.Item) -> int:
    return int(item.path.stem[-2:])


def _todos(step: int, folder: Path | None) -> dict[str, Any]:
    """Where a step's TODOs stand in its file, and which are open. It is read here, where strange text harms nobody."""
    source = read_source(step_path(step, folder) if folder else solution_path(step))
    try:
        open_ = [todo.number for todo in open_todos(source, step)]
    except (SyntaxError, ValueError):  # the checks say so, with the line
        open_ = []
    numbers = [todo.number for todo in read_todos(step)]
    return {"lines": [item for item in todo_lines(source).items() if item[0] in numbers], "open": open_}


def _facts(item: pytest.Item) -> dict[str, Any]:
    """What a check is called, which step it belongs to, and which TODOs it proves."""
    function = item.function  # type: ignore[attr-defined]
    title = (function.__doc__ or function.__name__).strip().splitlines()[0]
    if callspec := getattr(item, "callspec", None):
        title += f" [{callspec.id}]"
    todo = item.get_closest_marker("todo")
    return {
        "id": item.nodeid,
        "step": _step(item),
        "title": title,
        "todos": todo.args if todo else [],
    }


if __name__ == "__main__":
    try:
        main()
    except Exception:
        traceback.print_exc()
    os._exit(1)  # at once: a thread that a step has started may never end
