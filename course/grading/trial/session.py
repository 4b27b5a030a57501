"""One submission on trial: its steps in the sandbox, and inputs that it has not seen."""

import hmac
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
from max.driver import Device

from course.curriculum.files import own_folder
from course.curriculum.steps import solution_path, step_path
from course.grading.trial import drawing
from course.grading.trial.remote import Process, Remote
from course.judging.case import Case
from course.judging.subject import Check
from course.refusal import Refusal

KEY = own_folder() / "grading.key"


class Session:
    """The steps of one folder. What a step stands on arrives when all before it have been judged.

    So no solution is in reach of the step that it solves.
    """

    def __init__(self, folder: Path, device: Device, memory: int, on_compile: Callable[[bool], None]) -> None:
        self.folder = folder
        self.process = Process(device, memory, on_compile)
        self.steps: dict[int, Remote] = {}
        self.delivered = 0
        self._known: dict[int, list[Case]] = {}
        self.drawn: dict[int, list[Case]] = {}

    def begin(self) -> None:
        self.process.wait_until_ready()  # here, so that its start is not charged to the first step

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
        return np.random.default_rng([step, *hmac.digest(key(), what.encode() + content, "sha256")])


def key() -> bytes:
    """A secret of this installation, made at first use. A submission never sees it, nor does any other user.

    Raises:
        Refusal: it cannot be kept.
    """
    try:
        if not KEY.exists():
            KEY.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=KEY.parent) as new:  # only its owner may read it
                new.write(secrets.token_bytes(32))
                new.flush()
                with suppress(FileExistsError):
                    os.link(new.name, KEY)  # whole or not at all, and never in the place of another
        if KEY.stat().st_mode & 0o077:
            KEY.chmod(0o600)
        return KEY.read_bytes()
    except OSError as error:
        raise Refusal(f"the key for the inputs that nobody has seen cannot be kept: {error}") from None
