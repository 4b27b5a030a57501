"""One submission on trial: its steps in the sandbox, and inputs that it has not seen."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from max.driver import Device
from numpy.typing import NDArray

from course.grading import oracle
from course.grading.remote import Process, Remote
from course.todos import solution_path, step_path


class Session:
    """The steps of one folder. What a step stands on arrives when all before it have been judged.

    So no solution is in reach of the step that it solves.
    """

    def __init__(self, folder: Path, device: Device, memory: int, on_compile: Callable[[bool], None]) -> None:
        self.folder = folder
        self.process = Process(device, memory, on_compile)
        self.steps: dict[int, Remote] = {}
        self.delivered = 0
        self.known: dict[int, Mapping[str, NDArray]] = {}
        self.drawn: dict[int, Mapping[str, NDArray]] = {}

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

    def inputs(self, step: int, known: Mapping[str, NDArray]) -> Mapping[str, NDArray]:
        """The arrays for the checks of a step, in place of the known ones."""
        if step not in self.drawn:
            self.known[step] = known
            # Whoever writes the outputs for these inputs into the file gets other inputs; and the
            # same file gets the same ones each time.
            content = step_path(step, self.folder).read_bytes()
            rng = np.random.default_rng([step, *hashlib.sha256(content).digest()])
            self.drawn[step] = oracle.fresh(step, known, rng)
        return self.drawn[step]
