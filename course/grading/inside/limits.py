"""What a process in the sandbox may use up: it sets these limits itself, before it runs a submission."""

import resource
from pathlib import Path

FILE = 64 << 20  # bytes of a file
FILES = 256  # open at once
THREADS = 4096


def limit(memory: int) -> None:
    """Limit this process, for good: ``memory`` bytes more than it has, and no large or many files."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limits = {
        resource.RLIMIT_AS: pages * resource.getpagesize() + memory,
        resource.RLIMIT_FSIZE: FILE,
        resource.RLIMIT_NOFILE: FILES,
        resource.RLIMIT_NPROC: THREADS,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for what, most in limits.items():
        resource.setrlimit(what, (most, most))
