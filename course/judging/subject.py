"""Loads a learner's steps, and puts them in the place of the solutions where that is asked."""

import importlib
import importlib.abc
import importlib.util
import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from numpy.typing import NDArray

from course.curriculum.steps import step_path

_trial: Any = None  # a course.grading.trial.session.Session

_SOLUTION = re.compile(r"solutions\.solution_(\d\d)")


@cache
def load_step(number: int, folder: Path | None) -> ModuleType:
    """Import ``folder/step_NN.py``, or the solution where there is no folder.

    In a trial (``begin_trial``) it is imported elsewhere, and what stands for it is returned.

    Raises:
        FileNotFoundError: the folder has no such step.
        Exception: whatever the file itself raises.
    """
    if _trial:
        return _trial.load(number)
    if folder is None:
        return importlib.import_module(f"solutions.solution_{number:02}")
    path = step_path(number, folder)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


def inputs(number: int, known: Mapping[str, NDArray]) -> Mapping[str, NDArray]:
    """The arrays that the checks of a step use: those that are known, but in a trial new ones."""
    return _trial.inputs(number, known) if _trial else known


def begin_trial(session: Any) -> None:
    """From now on steps and inputs come from a course.grading.trial.session.Session."""
    global _trial
    _trial = session


def use_own_steps(folder: Path) -> None:
    """From now on ``solutions.solution_NN`` is ``folder/step_NN.py``: the learner's own model."""
    for name in list(filter(_SOLUTION.fullmatch, sys.modules)):
        del sys.modules[name]
    sys.meta_path.insert(0, _OwnSteps(folder))


class _OwnSteps(importlib.abc.MetaPathFinder):
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if match := _SOLUTION.fullmatch(fullname):
            return importlib.util.spec_from_file_location(fullname, step_path(int(match[1]), self.folder))
        return None
