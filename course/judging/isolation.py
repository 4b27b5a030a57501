"""Which TODO is wrong, and which are right: the solution's code stands in for some, and the checks run again.

``python -m course.judging.isolation STEP WHOLE FOLDER ...`` runs the checks of a step on the files of several folders,
one after another in one process, until one passes, and prints what happens as JSON: a line for each folder.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from course.curriculum.stand_in import NoPlace, StandIn, stand_in
from course.curriculum.steps import ROOT, read_source, step_path
from course.curriculum.todos import read_todos
from course.judging.process import CANCEL_INTERVAL, Cancelled, Recording, environment
from course.judging.run import judge
from course.judging.verdicts import StepResult, Verdict

TIMEOUT = 20.0  # seconds: what is not known by then stays unknown

Check = Callable[[int, Sequence[Path], int], Sequence[StepResult | None]]


def isolate(result: StepResult, check: Check | None = None) -> None:
    """Find out which TODOs of a file that is not right yet are, and tell it in its result.

    Where TODOs are open, the solution's code stands in for them: what fails then is the fault of those that are done.
    Of these the one that the solution's code mends is the culprit. Where none alone does, the report stays as it is.

    Args:
        check: runs the checks of a step on the files in some folders until one passes: on so many whole, on the others
            up to the first failure. By default in a process of its own.
    """
    open_ = {todo.number for todo in result.unfinished}
    done = [todo.number for todo in read_todos(result.step) if todo.number not in open_]
    if result.passed or result.lost or not done or not all(verdict.todos for verdict in result.checks):
        return
    if not open_ and len(done) == 1:
        return
    source = read_source(Path(result.file))
    suspects = sorted(done, key=lambda number: number != result.culprit) if len(done) > 1 else []
    wanted = [open_] if open_ else []
    wanted += [open_ | {number} for number in suspects]
    tried = _try(result.step, source, wanted, len(open_) > 0, check or check_apart)
    if open_ and tried:
        (variant, filled), *tried = tried
        if filled and filled.passed:
            result.right_todos = done
            return
        if filled and _is_meaningful(filled):
            _take_over(result, filled, variant)
    mending = [number for number, (_, each) in zip(suspects, tried, strict=False) if each and each.passed]
    for number in mending or (done if open_ and len(done) == 1 else []):
        for verdict in result.checks:
            if verdict.status in ("failed", "error"):
                verdict.todo = number


def _try(
    step: int, source: str, wanted: Sequence[Collection[int]], whole: int, check: Check
) -> list[tuple[StandIn, StepResult | None]]:
    try:
        variants = [stand_in(step, source, numbers) for numbers in wanted]
    except (NoPlace, SyntaxError):
        return []
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / str(number) for number in range(len(variants))]
        for folder, variant in zip(folders, variants, strict=True):
            folder.mkdir()
            step_path(step, folder).write_text(variant.text, encoding="utf-8")
        return list(zip(variants, check(step, folders, whole), strict=True))


def _is_meaningful(filled: StepResult) -> bool:
    """Whether what fails is the learner's fault: a name that the solution's code misses is nobody's."""
    return not any((verdict.actual or "").startswith(("NameError", "UnboundLocalError")) for verdict in filled.checks)


def _take_over(result: StepResult, filled: StepResult, variant: StandIn) -> None:
    """Let what fails with the open TODOs filled take the place of "not done yet"."""
    seen = {verdict.id: verdict for verdict in filled.checks}
    for number, verdict in enumerate(result.checks):
        other = seen.get(verdict.id)
        if other and verdict.status == "skipped" and other.status in ("failed", "error"):
            result.checks[number] = _as_theirs(other, variant)


def _as_theirs(verdict: Verdict, variant: StandIn) -> Verdict:
    """A verdict on a filled file with the lines of the learner's, and nothing of the solution."""
    name = f"step_{int(verdict.id.partition('::')[0][-5:-3]):02}.py"
    trace = []
    for frame in verdict.trace:
        line = variant.lines[frame["line"] - 1] if frame["file"] == name else frame["line"]
        if line:
            trace.append(frame | {"line": line})
    verdict.trace = trace
    verdict.line = trace[-1]["line"] if trace else None
    return verdict


def check_apart(
    step: int, folders: Sequence[Path], whole: int, cancelled: threading.Event | None = None
) -> list[StepResult | None]:
    """Run the checks of a step on the files in some folders in a process of its own; None where it gives no answer.

    Raises:
        Cancelled: another thread has set ``cancelled``.
    """
    command = [sys.executable, "-m", "course.judging.isolation", str(step), str(int(whole)), *map(str, folders)]
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.DEVNULL,
            env=environment(),
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + TIMEOUT
            while process.poll() is None and time.monotonic() < deadline:
                if cancelled and cancelled.is_set():
                    raise Cancelled
                with suppress(subprocess.TimeoutExpired):
                    process.wait(CANCEL_INTERVAL)
        finally:
            process.kill()
            process.wait()
        told.seek(0)
        rows = [json.loads(row) for row in told.read().splitlines() if row.endswith(b"]")]
    happened = []
    for events in rows:
        happened.append(Recording())
        for event in events:
            happened[-1].add(event.pop("event"), **event)
    return _judged(step, folders, happened)


def check_here(step: int, folders: Sequence[Path], whole: int) -> list[StepResult | None]:
    """The same in this process, which has MAX ready: what is checked is trusted to come to an end."""
    return _judged(step, folders, list(_run(step, folders, whole)))


def _judged(step: int, folders: Sequence[Path], happened: Sequence[Recording]) -> list[StepResult | None]:
    results = [judge([step], folder, spare=each)[0] for folder, each in zip(folders, happened, strict=False)]
    return results + [None] * (len(folders) - len(results))


def _run(step: int, folders: Sequence[Path], whole: int) -> Iterator[Recording]:
    """Run the checks of a step on the files in some folders, until one passes."""
    from course.judging.debugging import debug

    for number, folder in enumerate(folders):
        happened = debug(step, folder, False, *([] if number < whole else ["--maxfail=1"]))
        statuses = [event["status"] for event in happened.events if event["event"] in ("result", "unloadable")]
        yield happened
        if statuses and set(statuses) == {"passed"}:
            return


def main() -> None:
    """Print what happens to the files of each folder; what they print themselves goes nowhere."""
    told = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    from course.runtime.start import start

    start()
    step, whole, *folders = sys.argv[1:]
    for happened in _run(int(step), [Path(folder) for folder in folders], int(whole)):
        told.write(json.dumps(happened.events) + "\n")
        told.flush()


if __name__ == "__main__":
    main()
