"""What a person reads while something takes its time: what is waited for, and for how long so far."""

import sys
import threading
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column

from course.terminal.console import err


class Waiting:
    """Says what takes a while, once it has taken longer than a moment.

    On a terminal a bar, with the time that has passed; into a pipe a line every fifteen seconds.
    """

    PATIENCE = 2.0  # seconds: what MAX finds in its cache takes less
    INTERVAL = 15.0

    def __init__(self, console: Console = err) -> None:
        self.console = console
        self.bar = Progress(
            TextColumn("{task.description}", table_column=Column(overflow="fold")),  # rather than lose the time
            BarColumn(bar_width=10),
            TextColumn("{task.fields[passed]}"),
            console=console,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),  # what is printed meanwhile stands above the bar, but a pipe gets it
        )
        self.task = self.bar.add_task("", total=None, passed="")
        self.lock = threading.Lock()
        self.said = 0.0  # when a line was printed last
        self.say("Starting MAX")
        self.closed = threading.Event()
        self.ticker = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> "Waiting":
        self.ticker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.set()
        self.ticker.join()

    def say(self, what: str) -> None:
        """From now on this is what is waited for; if it is empty nothing is, and the terminal is free at once."""
        with self.lock:
            self.what = what
            self.done = self.total = 0
            self.began = time.monotonic()
            if not what:
                self._hide()

    def kernels(self, done: int, total: int, kernel: str | None = None) -> None:
        """As course.judging.run's ``on_kernels``."""
        if kernel:
            self.say(f"MAX compiles {kernel}, this once")
        elif done == total:
            self.say("Running the checks")
        else:
            self.count("Loading MAX's kernels, compiled the first time", done, total)

    def count(self, what: str, done: int, total: int) -> None:
        """What is waited for now, and how much of it is done."""
        self.what, self.done, self.total = what, done, total

    def _tick(self) -> None:
        while not self.closed.wait(0.2):
            with self.lock:
                self._show()
        self._hide()

    def _show(self) -> None:
        seconds = time.monotonic() - self.began
        if not self.what or seconds < self.PATIENCE:
            return
        what = self.what + (f": {self.done} of {self.total}" if self.total else "")
        if self.console.is_terminal:
            self.bar.start()
            self.console.show_cursor(True)  # Ctrl-C in the compiler leaves no time to bring it back
            self.bar.update(self.task, description=what, completed=self.done, passed=f"{seconds:.0f} s")
            self.bar.tasks[0].total = self.total or None  # which update() takes for "as before"
        elif time.monotonic() - self.said >= self.INTERVAL and seconds >= self.INTERVAL:
            self.said = time.monotonic()
            print(f"{what} ({seconds:.0f} s)", file=sys.stderr, flush=True)

    def _hide(self) -> None:
        if self.bar.live.is_started:  # else rich prints an empty line into a pipe
            self.bar.stop()
