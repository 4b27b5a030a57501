"""What a class of any size costs, on paper: ``./run bench cluster``.

Measured is how much time of a processor it takes to judge a submission in the sandbox; to hand it to a scheduler and
get its verdict back (workers answer at once here, so that this is all there is to do); and to compare it with the
others and make its pages, which one process does for all.
"""

import os
import pickle
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.grading import class_of, grade
from course.curriculum.steps import COURSE, read_source, step_path
from course.grading import texts
from course.grading.cluster import AT_ONCE, Cluster
from course.grading.grade import Grade, Settings
from course.grading.gradebook import gradebook
from course.grading.joining import alone
from course.grading.marks import Marks
from course.grading.publish import publish
from course.grading.submissions import find
from course.grading.worker import Order
from course.judging.run import judge
from course.judging.verdicts import StepResult

JUDGED = 2  # submissions
HANDED = 500
CLASS = 60
SIZES = (100, 10_000, 100_000)
THREADS = 64  # of each worker, so that nothing waits for one
CORES = 100  # of a cluster


def at_once(results: list[StepResult], order: Order) -> list[StepResult]:
    """In the place of a worker's judging."""
    return results


def judging() -> float:
    """Seconds to judge a submission."""
    took = []
    with tempfile.TemporaryDirectory() as name:
        for count in (1, 1 + JUDGED):  # the difference is without what a run takes once
            class_of(count, Path(name) / f"class-{count}")
            took.append(grade(Path(name) / f"class-{count}", Path(name) / f"grades-{count}", 1)[1])
    return (took[1] - took[0]) / JUDGED


def handing(results: list[StepResult]) -> tuple[float, float]:
    """Seconds to hand a submission over and take its verdict, of the grader and the scheduler together; kilobytes."""
    from distributed import LocalCluster

    with tempfile.TemporaryDirectory() as name:
        class_of(1, Path(name))
        files = {step: step_path(step, Path(name) / "student-000").read_bytes() for step in COURSE}
    with (
        LocalCluster(2, threads_per_worker=THREADS, memory_limit=None, dashboard_address=None) as own,
        Cluster(own.scheduler_address, Settings(), print, partial(at_once, results)) as cluster,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        cluster.judge(files, threading.Event())
        began = time.process_time()
        list(pool.map(lambda _: cluster.judge(files, threading.Event()), range(HANDED)))
        seconds = time.process_time() - began
    return seconds / HANDED, len(pickle.dumps((files, results))) / 1000


def publishing(results: list[StepResult]) -> float:
    """Seconds to make the pages and files of a submission, and to compare it with others."""
    with tempfile.TemporaryDirectory() as name:
        class_of(CLASS, Path(name) / "class")
        submissions = find([Path(name) / "class"])
        grades = [Grade(each.name, results, sources=read(each.path)) for each in submissions]
        attempts = list(map(alone, submissions))
        rows = gradebook(attempts, attempts, grades, COURSE, Marks())
        before = os.times()
        publish(rows, COURSE, Marks(), Path(name) / "grades")
        texts._reader.end()  # so that its time counts
        after = os.times()
    return (sum(after[:4]) - sum(before[:4])) / CLASS


def read(home: Path) -> dict[int, str]:
    return {step: read_source(step_path(step, home)) for step in COURSE}


def main() -> None:
    judged = judging()  # first: it waits until this process has no children
    print(f"To judge a submission: {judged:.1f} s of a processor", flush=True)
    results = judge(COURSE, None)
    handed, kilobytes = handing(results)
    print(f"To hand it over: {1000 * handed:.1f} ms, {kilobytes:.0f} kB", flush=True)
    page = publishing(results)
    print(f"To compare it with others and make its pages: {1000 * page:.0f} ms\n")
    print(f"| submissions | core hours | minutes on {CORES} cores | minutes to hand over | minutes for pages |")
    print("|---:|---:|---:|---:|---:|")
    for count in SIZES:
        minutes = (count * judged / CORES, count * handed, count * page)
        row = [f"{count:,}", f"{count * judged / 3600:.1f}", *(f"{each / 60:,.1f}" for each in minutes)]
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
