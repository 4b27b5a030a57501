"""The catalogue of mistakes: wrong answers that people really write, and what each of them gives.

``tests/mistakes/step_NN.toml`` holds each one as an edit of the solution, with a title, a lesson
and the check that must catch it. ``tests/mistakes/step_NN.npz`` holds what the checks observe of
each, recorded by tools/mistakes.py, so that a learner's values can be recognized without running
anything. A mistake is named only where what came is the same, and where it fails no check that was
passed. Where several give the same, those are named that give what came in the other checks too.

``tests/right/step_NN.toml`` holds the opposite: answers that look different and are right.
"""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

import numpy as np

from course.curriculum.steps import ROOT, solution_path

NAMES_LIMIT = 3  # more mistakes than these are no help


class CatalogueError(ValueError):
    """An answer in the catalogue is not what it should be; the message says which and why."""


@dataclass(frozen=True)
class Answer:
    """A way to write a step, as an edit of the solution. ``title`` says in which way it differs."""

    FOLDER: ClassVar[str] = "tests/right"

    step: int
    id: str
    title: str
    edits: tuple[tuple[str, str], ...]

    @property
    def place(self) -> str:
        """Where it stands, as in "tests/right/step_08.toml, scaled-query"."""
        return f"{_path(self.FOLDER, self.step, 'toml')}, {self.id}"

    def source(self) -> str:
        """The text of a step file with this answer.

        Raises:
            CatalogueError: what an edit replaces is not in the solution's code, or more than once.
        """
        lines = solution_path(self.step).read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.lstrip().startswith("#")) + "\n"
        for old, new in self.edits:
            if text.count(old) != 1:
                raise CatalogueError(f"{self.place}: {old!r} is {text.count(old)} times in the solution")
            text = text.replace(old, new)
        return text


@dataclass(frozen=True)
class Mistake(Answer):
    """A wrong answer. ``title`` completes "That is what you get when".

    ``check`` is the name of the test function that must fail on it, and name it.
    """

    FOLDER: ClassVar[str] = "tests/mistakes"

    lesson: str
    check: str


@cache
def read_mistakes(step: int) -> tuple[Mistake, ...]:
    """The mistakes of one step."""
    return tuple(Mistake(step, **entry) for entry in _entries(Mistake.FOLDER, step, "mistake"))


def read_right(step: int) -> tuple[Answer, ...]:
    """The right answers to one step that differ from its solution."""
    return tuple(Answer(step, **entry) for entry in _entries(Answer.FOLDER, step, "answer"))


def _entries(folder: str, step: int, kind: str) -> list[dict[str, Any]]:
    path = ROOT / _path(folder, step, "toml")
    if not path.exists():
        return []
    entries = tomllib.loads(path.read_text(encoding="utf-8"))[kind]
    return [entry | {"edits": tuple((old, new) for old, new in entry["edits"])} for entry in entries]


def recognize(step: int, check: str, failure: BaseException) -> list[Mistake]:
    """The mistakes that fail this check with what came in this failure.

    Args:
        check: the test's name with its parameters, as in pytest's node id.
    """
    recorded = recording(step)
    return [
        mistake
        for mistake in read_mistakes(step)
        if (given := recorded.get(f"{mistake.id}/{check}")) is not None
        and (seen := observation(mistake, check, failure)) is not None
        and same(seen, given)
    ]


def name(
    step: int, check: str, failed: Mapping[str, Collection[str]], passed: Set[str]
) -> tuple[str | None, str | None]:
    """What to call the mistakes that a failed check recognized, and the lesson where it is one alone.

    Where another failed check saw something else than what a mistake gives there, it is another
    mistake, or there is more than one: then only the mistake's own check names it.

    Args:
        failed: for each failed check the ids of the mistakes that it recognized.
        passed: the names of the checks that were passed. Who has passed one has not made the
            mistakes that fail it.
    """
    recorded = recording(step)
    possible = [
        mistake
        for mistake in read_mistakes(step)
        if mistake.id in failed[check] and passed.isdisjoint(recorded[mistake.id])
    ]
    left = [
        mistake
        for mistake in possible
        if all(mistake.id in ids for other, ids in failed.items() if f"{mistake.id}/{other}" in recorded)
    ] or [mistake for mistake in possible if mistake.check == check.split("[")[0]]
    if not 1 <= len(left) <= NAMES_LIMIT:
        return None, None
    return ", or when ".join(mistake.title for mistake in left), left[0].lesson if len(left) == 1 else None


def observation(mistake: Mistake, check: str, failure: BaseException) -> np.ndarray | None:
    """What a failed check saw that can tell this mistake from others. None where nothing can.

    Numbers can, if they are any. Words ("no error", "shape [2, 6]") fit many a mistake: they
    count for the mistake's own check alone, whose words its title has been written for.
    """
    if not hasattr(failure, "expected"):  # not tests/compare.py's CheckFailure, but a crash
        return None
    observed = getattr(failure, "observed", None)
    if observed is not None:
        return None if observed.dtype.kind == "f" and np.isnan(observed).all() else observed
    if check.split("[")[0] != mistake.check:
        return None
    return np.array(f"{failure.expected}: {failure.actual}")


def same(seen: np.ndarray, given: np.ndarray) -> bool:
    """Whether two observations are equal within rounding."""
    if seen.shape != given.shape or seen.dtype.kind != given.dtype.kind:
        return False
    if seen.dtype.kind == "U":
        return bool(seen == given)
    return np.allclose(seen, given, rtol=1e-4, atol=1e-5, equal_nan=True)


@cache
def recording(step: int) -> Mapping[str, np.ndarray]:
    """What is recorded of a step's mistakes: observations by ``mistake/check``, and by ``mistake`` the checks that fail."""
    path = recording_path(step)
    if not path.exists():
        return {}
    with np.load(path) as arrays:
        return dict(arrays)


def recording_path(step: int) -> Path:
    return ROOT / _path(Mistake.FOLDER, step, "npz")


def _path(folder: str, step: int, kind: str) -> str:
    return f"{folder}/step_{step:02}.{kind}"
