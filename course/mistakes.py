"""The catalogue of mistakes: wrong answers that people really write, and what each of them gives.

``tests/mistakes/step_NN.toml`` holds each one as an edit of the solution, with a title, a lesson
and the check that must catch it. ``tests/mistakes/step_NN.npz`` holds what the checks observe of
each, recorded by tools/mistakes.py, so that a learner's values can be recognized without running
anything. A mistake is named only where the values are the same; where several give the same
values, all of them are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

import numpy as np

from course.todos import ROOT, solution_path

FOLDER = ROOT / "tests" / "mistakes"


class CatalogueError(ValueError):
    """A mistake in the catalogue is not what it should be; the message says which and why."""


@dataclass(frozen=True)
class Mistake:
    """One wrong answer. ``check`` is the name of the test function that must fail on it."""

    step: int
    id: str
    title: str
    lesson: str
    check: str
    edits: tuple[tuple[str, str], ...]

    def source(self) -> str:
        """The text of a step file that makes this mistake.

        Raises:
            CatalogueError: what an edit replaces is not in the solution's code, or more than once.
        """
        lines = solution_path(self.step).read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.lstrip().startswith("#")) + "\n"
        for old, new in self.edits:
            if text.count(old) != 1:
                raise CatalogueError(f"step {self.step:02}, {self.id}: {old!r} is {text.count(old)} times in the solution")
            text = text.replace(old, new)
        return text


@cache
def read_mistakes(step: int) -> tuple[Mistake, ...]:
    """The mistakes of one step."""
    entries = tomllib.loads((FOLDER / f"step_{step:02}.toml").read_text(encoding="utf-8"))["mistake"]
    return tuple(
        Mistake(
            step, entry["id"], entry["title"], entry["lesson"], entry["check"],
            tuple((old, new) for old, new in entry["edits"]),
        )
        for entry in entries
    )


def recognize(step: int, check: str, failure: BaseException) -> list[Mistake]:
    """The mistakes that fail this check with the values of this failure.

    Args:
        check: the test's name with its parameters, as in pytest's node id.
    """
    seen, recorded = observation(failure), _recorded(step)
    if seen is None or not recorded:
        return []
    return [
        mistake
        for mistake in read_mistakes(step)
        if (given := recorded.get(f"{mistake.id}/{check}")) is not None and same(seen, given)
    ]


def observation(failure: BaseException) -> np.ndarray | None:
    """What a failed check saw: numbers where it has some, else its words. None for a crash."""
    if not hasattr(failure, "expected"):  # not tests/compare.py's CheckFailure
        return None
    observed = getattr(failure, "observed", None)
    return np.array(failure.actual) if observed is None else observed


def same(seen: np.ndarray, given: np.ndarray) -> bool:
    """Whether two observations are equal within rounding."""
    if seen.shape != given.shape or seen.dtype.kind != given.dtype.kind:
        return False
    if seen.dtype.kind == "U":
        return bool(seen == given)
    return np.allclose(seen, given, rtol=1e-4, atol=1e-5, equal_nan=True)


@cache
def _recorded(step: int) -> Mapping[str, np.ndarray]:
    path: Path = FOLDER / f"step_{step:02}.npz"
    if not path.exists():
        return {}
    with np.load(path) as arrays:
        return dict(arrays)
