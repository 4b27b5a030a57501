"""What is judged: the steps of a learner, here, or of somebody whom nobody need trust, elsewhere."""

import importlib
import importlib.abc
import importlib.util
import re
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, TypeVar

from course.curriculum.steps import checks_path, step_path
from course.judging.case import Case

Check = TypeVar("Check")

_SOLUTION = re.compile(r"solutions\.solution_(\d\d)")


class Gone(BaseException):
    """The subject cannot be asked any more: the text says why. No check catches it."""


class Subject(Protocol):
    """Steps that checks can be run on."""

    def begin(self) -> None:
        """Get ready. Called once, when all else is ready, and before the first step is loaded."""

    def load(self, step: int) -> Any:
        """The module of a step, or what stands for it. Raises whatever the step's file raises."""

    def cases(self, step: int, known: list[Case]) -> list[Case]:
        """What the checks of a step are about: the known cases, or others in their place."""

    def known(self, step: int) -> list[Case] | None:
        """The known cases of a step that is asked about others; the mistakes' answers are recorded for these."""

    def files(self, step: int) -> list[Path]:
        """Where the checks of a step stand."""

    def arrange(self, step: int, checks: list[Check]) -> list[Check]:
        """The checks of a step in the order in which they are to be run."""


class LocalSubject:
    """Files in a folder, imported into this process; without a folder the solutions."""

    def __init__(self, folder: Path | None, own: bool = False) -> None:
        """
        Args:
            own: let the steps stand on the earlier steps in the folder, not on the solutions.
        """
        self.folder = folder
        self.own = own
        self._modules: dict[int, ModuleType] = {}

    def begin(self) -> None:
        if self.own and self.folder:  # not before: the checks themselves stand on the solutions
            use_own_steps(self.folder)

    def load(self, step: int) -> ModuleType:
        if step not in self._modules:
            self._modules[step] = self._import(step)
        return self._modules[step]

    def cases(self, step: int, known: list[Case]) -> list[Case]:
        return known

    def known(self, step: int) -> None:
        return None

    def files(self, step: int) -> list[Path]:
        return [checks_path(step)]

    def arrange(self, step: int, checks: list[Check]) -> list[Check]:
        return checks

    def _import(self, step: int) -> ModuleType:
        if self.folder is None:
            return importlib.import_module(f"solutions.solution_{step:02}")
        path = step_path(step, self.folder)
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module  # dataclasses look their module up by name
        spec.loader.exec_module(module)
        return module


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
