"""Submissions are judged by the workers of a Dask cluster: ``grade --scheduler``.

Which worker judges what is decided here, one submission for each of its threads at a time. So it is known what a worker
was doing when it is lost, and another one gets that. The grader keeps the verdicts, as it does with those made here: a
run that ends for want of a scheduler goes on where it was.
"""

import logging
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

from course.grading import kept
from course.grading.grade import Judge, Settings, Stopped
from course.grading.trial import secret
from course.grading.worker import Order, Unfit, judge_for
from course.judging.process import Cancelled
from course.judging.run import LOSSES
from course.judging.verdicts import StepResult
from course.refusal import Refusal

LOCAL = "local"
AT_ONCE = 1000  # submissions that may be at workers, or wait for one
INSTALL = ".venv/bin/uv pip install -p .venv/bin/python -c requirements-dev.lock --group cluster"
INTERVAL = 0.5  # seconds between two looks at who is there
CONNECTING = 5.0  # seconds to wait for an answer
PATIENCE = 120.0  # seconds for a scheduler to come back


def refuse_unusable(scheduler: str) -> None:
    """Raise Refusal for what is not an address, or where Dask is not installed."""
    if scheduler != LOCAL and not re.fullmatch(r"(tcp|tls)://[^/\s]+:[0-9]+", scheduler):
        raise Refusal("expected an address such as tcp://HOST:8786 or tls://HOST:8786, or the word local")
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise Refusal(f"Dask is not installed; in the course's folder type: {INSTALL}") from None


@contextmanager
def judging_at(scheduler: str, processes: int, settings: Settings, say: Callable[[str], None]) -> Iterator[Judge]:
    """What judges submissions at the cluster of a scheduler.

    Args:
        scheduler: its address; or ``local``, for a cluster of so many processes on this machine.
        say: told which workers are refused or lost, and what is waited for.

    Raises:
        Refusal: nobody answers at the address.
    """
    from distributed import LocalCluster

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what there is to say is said here
    with ExitStack() as stack:
        if scheduler == LOCAL:
            own = LocalCluster(
                processes,
                threads_per_worker=1,
                memory_limit=None,
                dashboard_address=None,
                silence_logs=logging.CRITICAL,  # in the workers' processes: one may ask while the scheduler ends
            )
            scheduler = stack.enter_context(own).scheduler_address
        yield stack.enter_context(Cluster(scheduler, settings, say)).judge


class Cluster:
    """The workers of a scheduler, as they come and go."""

    def __init__(
        self, address: str, settings: Settings, say: Callable[[str], None], task: Callable[[Order], Any] = judge_for
    ) -> None:
        self.address = address
        self.say = say
        self.task = task
        self.order = partial(Order, settings=settings, key=secret.key(), wanted=kept.conditions())
        self.threads: dict[str, int] = {}  # of each worker that is there and not refused
        self.busy: Counter[str] = Counter()  # how many of them have something to do
        self.refused: dict[str, str] = {}  # workers, and why
        self.has_judged = False  # whether any worker has
        self.waits = False  # whether somebody was told that no worker is there
        self.end: Stopped | None = None
        self.changed = threading.Condition()
        self.closed = threading.Event()
        self.client: Any = self._connect()  # None while the scheduler is lost
        self.watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Cluster":
        self.watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.set()
        self.watcher.join()
        if self.client:
            self.client.close(CONNECTING)

    def judge(self, files: dict[int, bytes], cancelled: threading.Event) -> list[StepResult]:
        """The verdicts on the steps of a submission.

        Raises:
            Stopped: no worker is left, or no scheduler.
            Refusal: several workers were lost over this submission.
            Cancelled: it is not needed any more.
            Exception: what went wrong with the submission.
        """
        losses = 0
        while losses < LOSSES:
            client, worker = self._take(cancelled)
            try:
                answer = self._ask(client, worker, files, cancelled)
            finally:
                self._give_back(worker)
            if isinstance(answer, Unfit):
                self._refuse(worker, str(answer))
            elif isinstance(answer, Exception):
                raise answer
            elif answer is None:
                losses += client is self.client and worker not in self.threads  # else it was the scheduler
            else:
                self.has_judged = True
                return answer
        raise Refusal(f"{LOSSES} workers were lost while they judged it")

    def _take(self, cancelled: threading.Event) -> tuple[Any, str]:
        """A worker with a free thread, once there is one, and the client that reaches it."""
        with self.changed:
            while True:
                if cancelled.is_set():
                    raise Cancelled
                if self.end:
                    raise self.end
                if free := [worker for worker, threads in self.threads.items() if self.busy[worker] < threads]:
                    worker = min(free, key=lambda each: self.busy[each] / self.threads[each])
                    self.busy[worker] += 1
                    return self.client, worker
                self.changed.wait(INTERVAL)

    def _give_back(self, worker: str) -> None:
        with self.changed:
            self.busy[worker] -= 1
            self.changed.notify()

    def _ask(
        self, client: Any, worker: str, files: dict[int, bytes], cancelled: threading.Event
    ) -> list[StepResult] | Exception | None:
        """What a worker makes of a submission. None where it was lost over it, or the scheduler was."""
        from distributed import KilledWorker

        done = threading.Event()
        try:
            future = client.submit(self.task, self.order(files), workers=[worker], pure=False)
            future.add_done_callback(lambda _: done.set())
            while not done.wait(INTERVAL):
                if cancelled.is_set():
                    raise Cancelled
                if client is not self.client or worker not in self.threads:
                    return None
            if future.status == "finished":
                return future.result(CONNECTING)
            error = future.exception(CONNECTING) if future.status == "error" else None
        except Cancelled:
            raise
        except Exception:  # the connection is lost: of Dask's many ways to say so none is anything else
            self.closed.wait(INTERVAL)
            return None
        if isinstance(error, KilledWorker):
            return Refusal(f"the worker {worker} was lost several times while it judged it")
        if error is None or isinstance(error, Unfit):
            return error
        return Unfit(f"it cannot run this course: {type(error).__name__}: {error}")

    def _refuse(self, worker: str, why: str) -> None:
        with self.changed:
            if worker not in self.refused:
                self.say(f"The worker {worker} is refused: {why}.")
            self.refused[worker] = why
            self.threads.pop(worker, None)

    def _connect(self) -> Any:
        from distributed import Client

        try:
            return Client(self.address, timeout=CONNECTING, set_as_default=False)
        except (OSError, ValueError) as error:  # ValueError: tls without certificates
            raise Refusal(f"no scheduler answers: {str(error).splitlines()[0]}") from None

    def _watch(self) -> None:
        """Follow who is there, until the end."""
        while not self.closed.is_set():
            try:
                there = self.client.sync(self.client.scheduler.ncores, callback_timeout=CONNECTING)
            except Exception:  # see _ask
                self._reconnect()
            else:
                self._update(there)
                self.closed.wait(INTERVAL)

    def _update(self, there: dict[str, int]) -> None:
        with self.changed:
            for lost in self.threads.keys() - there.keys():
                self.say(f"The worker {lost} is lost. Another one gets what it was judging.")
            self.threads = {worker: threads for worker, threads in there.items() if worker not in self.refused}
            if there and not self.threads and not self.has_judged:
                reasons = "; ".join(f"{worker}: {why}" for worker, why in self.refused.items())
                self.end = Stopped(f"no worker of {self.address} can judge here. {reasons}")
            if not self.threads and not self.waits:
                self.say(f"There is no worker at {self.address} that can judge: waiting for one.")
            self.waits = not self.threads
            self.changed.notify_all()

    def _reconnect(self) -> None:
        """Wait for the scheduler, which is lost."""
        self.say(f"The scheduler at {self.address} is lost: waiting up to {PATIENCE:.0f} s for it.")
        deadline = time.monotonic() + PATIENCE
        with self.changed:
            client, self.client, self.threads = self.client, None, {}
        with suppress(Exception):
            client.close(0)
        while not self.closed.wait(INTERVAL):
            try:
                client = self._connect()
            except Refusal:
                if time.monotonic() < deadline:
                    continue
                with self.changed:
                    lost = f"the scheduler at {self.address} is lost"
                    self.end = Stopped(f"{lost}. What was judged is kept: the same command goes on from there.")
                    self.closed.set()
            else:
                with self.changed:
                    self.client = client
                self.say(f"The scheduler at {self.address} is back.")
                return
