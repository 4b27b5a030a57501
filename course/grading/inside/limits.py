"""What a process in the sandbox may do and use up: it sets these limits itself, before it runs a submission."""

import ctypes
import os
import resource
from pathlib import Path

from course.grading.inside import seccomp

FILES = 256  # open at once
THREADS = 64  # besides those that MAX has, and
THREADS_OF_A_CORE = 8  # as the compiler of kernels starts some for each

_PR_SET_DUMPABLE = 4


def limit(memory: int) -> None:
    """Limit this process, for good: ``memory`` bytes more than it has, some threads, no new files, few system calls."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    threads = len(os.listdir("/proc/self/task")) + THREADS + THREADS_OF_A_CORE * (os.cpu_count() or 1)
    limits = {
        resource.RLIMIT_AS: pages * resource.getpagesize() + memory,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: FILES,
        resource.RLIMIT_NPROC: threads,
        # At 0 a core_pattern that is a pipe starts its program all the same, outside and as root. At 1 it does not.
        resource.RLIMIT_CORE: 1,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for what, most in limits.items():
        resource.setrlimit(what, (most, most))
    if ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError("a core of this process could be dumped")
    seccomp.install()
