"""The catalogue of answers: wrong ones that people really write, and right ones that look different.

``tests/mistakes/step_NN.toml`` holds each mistake as an edit of the solution, with a title, a lesson and the check
that must catch it. ``tests/mistakes/step_NN.npz`` holds what the checks observe of each, recorded by tools/mistakes.py.
``tests/right/step_NN.toml`` holds the right answers.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import permutations
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from course import toml
from course.curriculum.steps import ROOT, solution_path
from course.curriculum.todos import changed_todos


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

    ``check`` is the name of the test function that must fail on it, and name it. ``made_in`` is the TODO that it
    is made in, where that is not the first one whose code its edits change.
    """

    FOLDER: ClassVar[str] = "tests/mistakes"

    lesson: str
    check: str
    made_in: int | None = None

    @cached_property
    def todo(self) -> int | None:
        """The TODO that it is made in. None where no entry and no edit tells.

        A report does not fail because of an entry that does not fit the solution: ``./run verify`` tells of it.
        """
        if self.made_in:
            return self.made_in
        try:
            return next(iter(changed_todos(self.step, self.source())), None)
        except CatalogueError:
            return None


@cache
def read_mistakes(step: int) -> tuple[Mistake, ...]:
    """The mistakes of one step."""
    return tuple(Mistake(step, **entry) for entry in _entries(Mistake.FOLDER, step, "mistake"))


def read_right(step: int) -> tuple[Answer, ...]:
    """The right answers to one step that differ from its solution."""
    return tuple(Answer(step, **entry) for entry in _entries(Answer.FOLDER, step, "answer"))


def combined(step: int, mistakes: Sequence[Mistake]) -> str:
    """The text of a step file with several mistakes at once; with none it is right.

    Raises:
        CatalogueError: as ``source``, or their edits overlap.
    """
    texts = set()
    for order in permutations(mistakes):
        edits = tuple(edit for mistake in order for edit in mistake.edits)
        texts.add(Answer(step, " and ".join(mistake.id for mistake in order), "", edits).source())
    if len(texts) > 1:
        raise CatalogueError(f"step {step:02}: the edits of {mistakes[0].id} and others overlap")
    return texts.pop()


def _entries(folder: str, step: int, kind: str) -> list[dict[str, Any]]:
    path = ROOT / _path(folder, step, "toml")
    if not path.exists():
        return []
    entries = toml.loads(path.read_text(encoding="utf-8"))[kind]
    return [entry | {"edits": tuple((old, new) for old, new in entry["edits"])} for entry in entries]


CRASH = "crash"  # what was observed where nothing came


@dataclass(frozen=True)
class Observation:
    """What a failed check saw: the name of what it looked at, if it has one, and the numbers or words."""

    what: str
    value: np.ndarray


@dataclass(frozen=True)
class Recording:
    """What the checks of its step make of a mistake.

    Attributes:
        always: the checks that fail each time.
        sometimes: those that fail now and then, because chance plays a part.
        seen: what a check observes, where it is the same each time.
    """

    always: Set[str]
    sometimes: Set[str]
    seen: Mapping[str, Observation]


@cache
def recording(step: int) -> Mapping[str, Recording]:
    """What is recorded of a step's mistakes, by their ids."""
    path = recording_path(step)
    if not path.exists():
        return {}
    failing: dict[str, tuple[Set[str], Set[str]]] = {}
    seen: dict[str, dict[str, Observation]] = {}
    with np.load(path) as arrays:
        for name, array in arrays.items():
            match name.split("|"):
                case [id, check, what]:
                    seen.setdefault(id, {})[check] = Observation(what, array)
                case [id]:
                    always, sometimes = (frozenset(checks.split()) for checks in array.tolist())
                    failing[id] = always, sometimes
    return {id: Recording(always, sometimes, seen.get(id, {})) for id, (always, sometimes) in failing.items()}


def write_recording(step: int, recordings: Mapping[str, Recording]) -> None:
    """Keep what is recorded of a step's mistakes, in one order, for git."""
    arrays: dict[str, Any] = {}
    for id, recorded in sorted(recordings.items()):
        arrays[id] = np.array([" ".join(sorted(checks)) for checks in (recorded.always, recorded.sometimes)])
        for check, observed in sorted(recorded.seen.items()):
            arrays[f"{id}|{check}|{observed.what}"] = observed.value
    np.savez_compressed(recording_path(step), **arrays)


def recording_path(step: int) -> Path:
    return ROOT / _path(Mistake.FOLDER, step, "npz")


def _path(folder: str, step: int, kind: str) -> str:
    return f"{folder}/step_{step:02}.{kind}"
