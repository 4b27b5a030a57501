"""Compiles in the background what is wanted later: ``python -m kernels.background MODULE ARGUMENT...``.

The process that does it waits its turn, gives way to everything else, and outlives the command that has started it. It
may be killed at any time: MAX and our own cache keep each piece that is done, and the next command starts it again.
"""

import fcntl
import os
import runpy
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path


def start(module: str, *arguments: str) -> None:
    """Run a module of the course in the background."""
    subprocess.Popen(
        [sys.executable, "-m", "kernels.background", module, *arguments],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=dict(os.environ),  # MAX, where this process has it, puts other paths into the real one
    )


def give_way() -> None:
    """Take the cores only while nobody else wants them."""
    os.nice(19)
    if sys.platform == "linux":
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        with suppress(OSError):  # Linux shares the cores out by session first
            Path("/proc/self/autogroup").write_text("19")


def main() -> None:
    cache = user_cache_path("gpt2-in-max")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "background.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # one compiles already
            return
        give_way()
        module, *arguments = sys.argv[1:]
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__")


if __name__ == "__main__":
    main()
