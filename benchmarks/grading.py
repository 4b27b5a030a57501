"""What grading a class costs: ``./run bench grading``, or ``./run bench grading 8`` for fewer than a hundred submissions.

A class of right answers and of mistakes, fourteen steps each, is graded three times: by one process
at a time, by as many as there are cores, and by twice as many. Each time comes with the processor
time of a submission and with the most memory that all the grader's processes held at once.
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
from course.curriculum.steps import ROOT, STEPS, read_source, solution_path, step_path

PR_SET_CHILD_SUBREAPER = 36  # of Linux's prctl
LOOK = 0.5  # seconds between two looks at the memory


def class_of(count: int, folder: Path) -> None:
    """So many submissions: in each the solutions, but for three steps, and no two are the same."""
    for number in range(count):
        home = folder / f"student-{number:03}"
        home.mkdir(parents=True)
        others = {1 + (number + 5 * which) % len(STEPS) for which in range(3)}
        for step in STEPS:
            known = [*read_right(step), *read_mistakes(step)]
            source = known[number % len(known)].source() if step in others else read_source(solution_path(step))
            step_path(step, home).write_text(f"# By student {number}.\n{source}", encoding="utf-8")


def memory(process: int) -> int:
    """Bytes that a process and all that it has started hold; what they share counts once."""
    held = 0
    with suppress(OSError):  # it has ended meanwhile
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            held += sum(memory(int(child)) for child in children.read_text().split())
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                held += int(line.split()[1]) << 10
    return held


def grade(folder: Path, out: Path, jobs: int) -> tuple[float, float, int]:
    """Seconds that it takes, seconds of all processors, and the most bytes that it holds."""
    command = [sys.executable, "-m", "course", "grade", str(folder), "--out", str(out), "--jobs", str(jobs)]
    before, began = os.times(), time.perf_counter()
    most = 0
    done = threading.Event()

    def look() -> None:
        nonlocal most
        while not done.wait(LOOK):
            most = max(most, memory(process.pid))

    # Processes that outlive those that have started them come to this one, and their time counts too.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    looking = threading.Thread(target=look)
    looking.start()
    if process.wait() != 0:
        raise RuntimeError(f"grade ended with exit code {process.returncode}")
    seconds = time.perf_counter() - began
    done.set()
    looking.join()
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
        print(f"{count} submissions of {len(STEPS)} steps, {cores} cores\n")
        print("| jobs | minutes | CPU seconds each | memory, GB |\n|---:|---:|---:|---:|")
        for jobs in (1, cores, 2 * cores):
            seconds, processors, held = grade(folder / "class", folder / f"grades-{jobs}", jobs)
            print(f"| {jobs} | {seconds / 60:.1f} | {processors / count:.1f} | {held / 1e9:.1f} |", flush=True)


if __name__ == "__main__":
    main()
