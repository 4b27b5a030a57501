"""Loads a learner's steps, and puts them in the place of the solutions where that is asked."""

import importlib
import importlib.abc
import importlib.util
import re
import sys
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from course.todos import step_path

_SOLUTION = re.compile(r"solutions\.solution_(\d\d)")


@cache
def load_step(number: int, folder: Path | None) -> ModuleType:
    """Import ``folder/step_NN.py``, or the solution where there is no folder.

    Raises:
        FileNotFoundError: the folder has no such step.
        Exception: whatever the file itself raises.
    """
    if folder is None:
        return importlib.import_module(f"solutions.solution_{number:02}")
    path = step_path(number, folder)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


def use_own_steps(folder: Path) -> None:
    """From now on ``solutions.solution_NN`` is ``folder/step_NN.py``: the learner's own model."""
    sys.meta_path.insert(0, _OwnSteps(folder))


class _OwnSteps(importlib.abc.MetaPathFinder):
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if match := _SOLUTION.fullmatch(fullname):
            return importlib.util.spec_from_file_location(fullname, step_path(int(match[1]), self.folder))
        return None
