"""One submission on trial: its steps in the sandbox, and inputs that it has not seen."""

import hmac
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from max.driver import Device

from course.curriculum.steps import checks_path, solution_path, step_path, whole_path
from course.grading.trial import drawing, secret
from course.grading.trial.remote import Process, Remote
from course.judging.case import Case
from course.judging.subject import Check

MEMORY = 2 << 30  # bytes that this process, which answers for what is lent, may take beyond what MAX takes


class Session:
    """The steps of one folder. What a step stands on arrives when all before it have been judged.

    So no solution is in reach of the step that it solves.
    """

    def __init__(
        self, folder: Path, device: Device, memory: int, key: Path, on_compile: Callable[[bool], None]
    ) -> None:
        self.folder = folder
        self.key = key
        self.process = Process(device, memory, on_compile)
        self.steps: dict[int, Remote] = {}
        self.delivered = 0
        self._known: dict[int, list[Case]] = {}
        self.drawn: dict[int, list[Case]] = {}

    def begin(self) -> None:
        self.process.wait_until_ready()  # here, so that its start is not charged to the first step
        limit_memory()

    def load(self, step: int) -> Remote:
        """Import a step there. Raises what it raises, or Gone."""
        if step not in self.steps:
            while self.delivered < step - 1:
                self.delivered += 1
                self._say("solution", self.delivered, solution_path(self.delivered))
            self.steps[step] = self._say("import", step, step_path(step, self.folder))
        return self.steps[step]

    def _say(self, what: str, step: int, path: Path) -> Any:
        return self.process.request(what, step, path.read_bytes().decode("latin-1"))

    def cases(self, step: int, known: list[Case]) -> list[Case]:
        """What the checks of a step are about, in place of the known cases."""
        if step not in self.drawn:
            self._known[step] = known
            self.drawn[step] = drawing.draw(step, known, self._rng(step, "cases"))
        return self.drawn[step]

    def known(self, step: int) -> list[Case] | None:
        return self._known.get(step)

    def files(self, step: int) -> list[Path]:
        return [path for path in (checks_path(step), whole_path(step)) if path.is_file()]

    def rng(self, step: int) -> np.random.Generator:
        """What a check of everything at once draws its inputs with."""
        return self._rng(step, "whole")

    def arrange(self, step: int, checks: list[Check]) -> list[Check]:
        """In an order in which no step can tell which check it is asked by."""
        return [checks[place] for place in self._rng(step, "order").permutation(len(checks))]

    def _rng(self, step: int, what: str) -> np.random.Generator:
        """For the same file the same numbers each time.

        Whoever writes the outputs for them into the file gets others; and nobody can try, without the key, until
        they are easy ones.
        """
        path = step_path(step, self.folder)
        content = path.read_bytes() if path.is_file() else b""
        return np.random.default_rng([step, *hmac.digest(secret.key(self.key), what.encode() + content, "sha256")])


def limit_memory() -> None:
    """Let this process take MEMORY bytes more than it has. What asks for more gets a MemoryError."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, hard))
