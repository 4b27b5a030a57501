"""Many steps judged in two processes at once, each of which takes every other step."""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from course.judging.run import judge
from course.judging.verdicts import StepResult

PROCESSES = 2  # a process takes as long to start as half of all checks take, so that more would gain little


def judge_in_parallel(steps: Sequence[int], folder: Path | None, **settings: Any) -> list[StepResult]:
    """As ``judge``, in less time where there are two processors.

    Args:
        settings: those of ``judge``; what it calls is called by another thread.

    Raises:
        Refusal: as ``judge``, for any of the steps. The others are given up.
    """
    processes = min(PROCESSES, len(steps), os.cpu_count() or 1)
    if processes < 2:
        return judge(steps, folder, **settings)
    cancelled = threading.Event()
    with ThreadPoolExecutor(processes) as pool:
        shares = [
            pool.submit(judge, steps[first::processes], folder, cancelled=cancelled, **settings)
            for first in range(processes)
        ]
        try:
            wait(shares, return_when=FIRST_EXCEPTION)
        finally:  # also after Ctrl-C: nothing goes on
            cancelled.set()
        failed = [share for share in shares if share.done() and share.exception()]
        results = [result for share in failed or shares for result in share.result()]
    return sorted(results, key=lambda result: steps.index(result.step))
