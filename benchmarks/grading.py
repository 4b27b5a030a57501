"""What grading a class costs: ``./run bench grading``, or ``./run bench grading 8`` for only eight submissions.

A class of right answers and of mistakes, fourteen steps each, is graded three times: with one process at a time, with
as many as there are cores, and with twice as many. For each, the processor time of a submission is measured, and the
most memory that all processes of the grader held at once.
"""

import ctypes
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path

from course.curriculum.catalogue import read_mistakes, read_right
from course.curriculum.steps import COURSE, ROOT, read_source, solution_path, step_path

PR_SET_CHILD_SUBREAPER = 36  # of Linux's prctl
SAMPLING_PERIOD = 0.5  # seconds between two measurements of memory


def class_of(count: int, folder: Path) -> None:
    """Write submissions: the solutions, but in three steps of each a mistake or another right answer. All differ."""
    for number in range(count):
        home = folder / f"student-{number:03}"
        home.mkdir(parents=True)
        others = {1 + (number + 5 * which) % len(COURSE) for which in range(3)}
        for step in COURSE:
            known = [*read_right(step), *read_mistakes(step)]
            source = known[number % len(known)].source() if step in others else read_source(solution_path(step))
            step_path(step, home).write_text(f"# By student {number}.\n{source}", encoding="utf-8")


def memory(process: int) -> int:
    """Bytes that a process and all of its descendants hold; memory that they share counts once."""
    held = 0
    with suppress(OSError):  # it has ended meanwhile
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            held += sum(memory(int(child)) for child in children.read_text().split())
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                held += int(line.split()[1]) << 10
    return held


def grade(folder: Path, out: Path, jobs: int) -> tuple[float, float, int]:
    """Grade a class. Returns the seconds it took, the processor seconds, and the most bytes held at once."""
    command = [sys.executable, "-m", "course", "grade", str(folder), "--out", str(out), "--jobs", str(jobs)]
    before, began = os.times(), time.perf_counter()
    most = 0
    done = threading.Event()

    def measure_memory() -> None:
        nonlocal most
        while not done.wait(SAMPLING_PERIOD):
            most = max(most, memory(process.pid))

    # Processes that outlive their parents become children of this one, so that their time counts, too.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    measuring = threading.Thread(target=measure_memory)
    measuring.start()
    if process.wait() != 0:
        raise RuntimeError(f"grade ended with exit code {process.returncode}")
    seconds = time.perf_counter() - began
    done.set()
    measuring.join()
    with suppress(ChildProcessError):  # until there are no more
        while True:
            os.wait()
    after = os.times()
    processors = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, processors, most


def main() -> None:
    count = int(sys.argv[1])
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        class_of(1, folder / "one")
        grade(folder / "one", folder / "warm", 1)
        class_of(count, folder / "class")
        print(f"{count} submissions of {len(COURSE)} steps, {cores} cores\n")
        print("| jobs | minutes | CPU seconds each | memory, GB |\n|---:|---:|---:|---:|")
        for jobs in (1, cores, 2 * cores):
            seconds, processors, held = grade(folder / "class", folder / f"grades-{jobs}", jobs)
            print(f"| {jobs} | {seconds / 60:.1f} | {processors / count:.1f} | {held / 1e9:.1f} |", flush=True)


if __name__ == "__main__":
    main()
