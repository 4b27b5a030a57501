"""The command ``watch``: checks the step that a learner works on, at every save.

The learner's file is read in a process that has MAX loaded already. It is used once: whatever the
file does to it, the next one is getting ready by then.
"""

import os
import queue
import re
import signal
import sys
import termios
import threading
import tty
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from watchfiles import Change
from watchfiles import watch as changes_in

from course.curriculum.steps import FINISH, ROOT, STEPS, STEPS_FOLDER, step_path
from course.judging.isolation import check_apart, isolate
from course.judging.process import ON_SOLUTIONS, Runner
from course.judging.run import judge
from course.judging.verdicts import StepResult
from course.learner import diff, hints, progress
from course.refusal import Refusal
from course.terminal import console, verdicts
from course.terminal.waiting import Waiting

TIMEOUT = 5.0  # seconds that one check may take: somebody is waiting
HEAD_START = 1.0  # seconds that a check has the cores for itself before the next process gets ready
KEYS = "[bold]h[/] hint  [bold]d[/] diff  [bold]l[/] list  [bold]q[/] quit"
STEP_FILE = re.compile(r"step_(\d\d)\.py")


def watch(device: str | None) -> None:
    """Check the first unfinished step, and whichever is saved, until all are done or it is told to stop."""
    if (step := progress.first_unfinished()) is None:
        console.out.print("All steps are done. [bold]Next:[/] ./run generate --mine")
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what follows is undone
    session = _Session(step, device)
    try:
        with _keys(session.happened):
            _saves(session.happened)
            session.run()
    except KeyboardInterrupt:  # how one leaves
        pass
    finally:
        session.close()


class _Session:
    """One learner at one terminal. What happens is put into a queue, and is answered here."""

    def __init__(self, step: int, device: str | None) -> None:
        self.step = step
        self.device = device
        self.happened: queue.Queue[set[int] | str | Future[StepResult]] = queue.Queue()
        self.thread = ThreadPoolExecutor(max_workers=1)
        self.running: Future[StepResult] | None = None
        self.cancelled = threading.Event()
        self.spare: Runner | None = None
        self.may_diff = False  # the next key says whether the solution is shown

    def run(self) -> None:
        self._check()
        while True:
            try:
                event = self.happened.get(timeout=None if self.spare else HEAD_START)
            except queue.Empty:
                self.spare = self._runner(STEPS)  # whichever is saved next
                continue
            if isinstance(event, str):
                if event == "q":
                    return
                self._answer(event)
            elif isinstance(event, set):
                if event and self.step not in event:
                    if not (saved := [step for step in event if step_path(step).exists()]):
                        continue  # another one was deleted
                    self.step = min(saved)
                console.out.clear()
                self._check()
            elif event is self.running and not self._show(event):  # one that was cancelled comes too
                return

    def close(self) -> None:
        self._stop()
        self.thread.shutdown()
        if self.spare:
            self.spare.close()

    def _runner(self, steps: Iterable[int]) -> Runner:
        """A process that gets ready to check one of these steps."""
        return Runner(steps, STEPS_FOLDER, ON_SOLUTIONS, self.device)

    def _check(self) -> None:
        """Begin to check the step; nothing else is being checked any longer."""
        self._stop()
        spare, self.spare = self.spare or self._runner([self.step]), None
        self.cancelled = threading.Event()
        self.running = self.thread.submit(_verdict, self.step, spare, self.cancelled)
        self.running.add_done_callback(self.happened.put)

    def _stop(self) -> None:
        self.cancelled.set()
        self.running = None

    def _show(self, checked: Future[StepResult]) -> bool:
        """Print what was found, and go on to the next step if this one passes. Returns whether there is more to do."""
        console.out.clear()
        try:
            result = checked.result()
        except Refusal as error:
            console.err.print(f"error: {error}", style="red", markup=False)
            if not step_path(self.step).exists():
                console.out.print(f"[bold]Next:[/] ./run reset {self.step} brings its skeleton back.")
        else:
            verdicts.show(result)
            if result.passed:
                # Later steps first: whoever begins in the middle goes on from there.
                unfinished = [each.step for each in progress.standings() if not each.is_done]
                if not unfinished or (self.step <= FINISH < unfinished[0]):  # GPT-2 is built: that is an end
                    return False
                self.step = next((step for step in unfinished if step > self.step), unfinished[0])
        self._foot()
        return True

    def _foot(self) -> None:
        keys = f"  {KEYS}" if sys.stdin.isatty() else ""
        console.out.print(f"\n[dim]Watching steps/step_{self.step:02}.py[/]{keys}")

    def _answer(self, key: str) -> None:
        if self.may_diff or (key == "d" and progress.has_passed(self.step)):
            self.may_diff = False
            if key in "dy":
                diff.show(self.step, STEPS_FOLDER)
        elif key == "d":
            self.may_diff = True
            console.out.print(
                f"\nThe solution of step {self.step:02} will be shown, and you have not passed it. y shows it."
            )
            return
        elif key == "h":
            console.out.print()
            hints.show(self.step)
        elif key == "l":
            console.out.print()
            progress.show()
        else:
            return
        self._foot()


def _verdict(step: int, runner: Runner, cancelled: threading.Event) -> StepResult:
    before = progress.fingerprints([step])
    with runner, Waiting(console.out) as waiting:
        (result,) = judge(
            [step], STEPS_FOLDER, timeout=TIMEOUT, on_kernels=waiting.kernels, spare=runner, cancelled=cancelled
        )
    isolate(result, partial(check_apart, cancelled=cancelled))
    progress.record([result], before)
    return result


def _saves(happened: queue.Queue) -> None:
    """From now on, put the steps whose files are saved or deleted together into the queue.

    None of them if the folder itself is now another one: a branch was switched, an archive unpacked.
    """

    def matters(change: Change, path: str) -> bool:
        return Path(path) == STEPS_FOLDER or bool(STEP_FILE.fullmatch(Path(path).name))

    def follow() -> None:
        while True:
            there = [ROOT, STEPS_FOLDER] if STEPS_FOLDER.is_dir() else [ROOT]
            with suppress(FileNotFoundError):  # it has gone since
                for changes in changes_in(*there, watch_filter=matters, recursive=False, raise_interrupt=False):
                    if any(Path(path) == STEPS_FOLDER for _, path in changes):
                        happened.put(set())
                        break
                    happened.put({int(Path(path).stem[-2:]) for _, path in changes})

    threading.Thread(target=follow, daemon=True).start()


@contextmanager
def _keys(happened: queue.Queue) -> Iterator[None]:
    """Put the keys that are pressed into the queue, each at once and unseen."""
    if not sys.stdin.isatty():
        yield
        return

    def follow() -> None:
        while key := os.read(sys.stdin.fileno(), 1):
            happened.put(key.decode(errors="replace"))

    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    threading.Thread(target=follow, daemon=True).start()
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
