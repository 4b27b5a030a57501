"""Whose fault it is: a step that fails on the learner's own earlier steps may itself be right."""

import re
from collections.abc import Callable
from pathlib import Path

from course.curriculum.steps import read_source, step_path
from course.judging.verdicts import StepResult


def foundations(step: int, folder: Path) -> list[int]:
    """The steps that a learner's step builds on, directly or through others, in their order."""
    found: set[int] = set()
    waiting = [step]
    while waiting:
        source = read_source(step_path(waiting.pop(), folder))
        imported = {
            int(number) for number in re.findall(r"^\s*(?:from|import) solutions\.solution_(\d\d)", source, re.M)
        }
        waiting += imported - found
        found |= imported
    return sorted(found)


def culprits(step: int, folder: Path, check: Callable[[list[int]], list[StepResult]]) -> list[int] | None:
    """The earlier steps to blame where this one fails on them and passes on the solutions.

    Args:
        check: checks steps in the folder, each standing on the solutions.

    Returns:
        The steps that it stands on and that fail by themselves. None where it fails by itself.
    """
    mine, *earlier = check([step, *foundations(step, folder)])
    if not mine.passed:
        return None
    return [result.step for result in earlier if not result.passed]
