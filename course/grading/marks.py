"""What a submission scores: the points for each step or check, and when it was due, from a small TOML file.

assignment = "GPT-2 in MAX"   # how gradebooks call it
partial = true                # a step that passes some of its checks gets that share of its points

[points]
14 = 3                        # step 14 counts three times as much; every step that is not named counts 1

[checks.8]                    # step 8 counts what these checks count together, 3 points
test_the_past_alone_is_seen = 2
test_weights_sum_to_one = 1

[deadline]                    # see course.grading.deadlines
due = 2026-11-20T23:59:00+01:00
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course import toml
from course.curriculum.steps import LAST, STEPS, checks_path, whole_path
from course.grading.deadlines import Deadline
from course.grading.grade import Grade
from course.judging.verdicts import StepResult
from course.refusal import Refusal

TABLES = "assignment, partial, [points], [checks.N] and [deadline]"


@dataclass(frozen=True)
class Marks:
    """How steps are weighed, and when they were due.

    Attributes:
        checks: the points of single checks by their names, for steps that are weighed by them.
    """

    points: dict[int, float] = field(default_factory=dict)
    partial: bool = False
    checks: dict[int, dict[str, float]] = field(default_factory=dict)
    deadline: Deadline = field(default_factory=Deadline)
    assignment: str = "GPT-2 in MAX"

    @classmethod
    def read(cls, path: Path) -> "Marks":
        """Raises Refusal, with the line or the value that is wrong."""
        try:
            return cls.parse(toml.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise Refusal(f"{path}: {error.strerror}") from None
        except ValueError as error:  # TOML's and UTF-8's errors, and ours
            raise Refusal(f"{path}: {error}") from None

    @classmethod
    def parse(cls, table: Mapping[str, Any]) -> "Marks":
        """Raises ValueError, with the value that is wrong."""
        table = dict(table)
        points, partial, checks = table.pop("points", {}), table.pop("partial", False), table.pop("checks", {})
        assignment, deadline = table.pop("assignment", cls.assignment), table.pop("deadline", {})
        if table:
            raise ValueError(f"{', '.join(table)}: expected {TABLES}")
        if not isinstance(partial, bool) or not isinstance(points, dict):
            raise ValueError("partial is true or false, and [points] a table")
        if not isinstance(checks, dict) or not isinstance(deadline, dict):
            raise ValueError("[checks.N] and [deadline] are tables")
        if not isinstance(assignment, str) or not assignment.strip():
            raise ValueError(f"assignment = {assignment!r}: expected a name")
        by_step = {_step(step): _points(step, value) for step, value in points.items()}
        by_check = {_step(step): _checks(_step(step), named) for step, named in checks.items()}
        if both := sorted(by_step.keys() & by_check.keys()):
            raise ValueError(f"step {both[0]} is in [points] and in [checks.{both[0]}]: expected one of them")
        try:
            return cls(by_step, partial, by_check, Deadline.parse(deadline), assignment.strip())
        except ValueError as error:
            raise ValueError(f"[deadline] {error}") from None

    def most(self, step: int) -> float:
        """The points of a step that passes."""
        if step in self.checks:
            return sum(self.checks[step].values())
        return self.points.get(step, 1.0)

    def earned(self, step: StepResult) -> float:
        """The points of a step."""
        if step.step in self.checks:
            return sum(points * _share(step, name) for name, points in self.checks[step.step].items())
        share = step.right / len(step.checks) if self.partial and step.checks else float(step.passed)
        return self.most(step.step) * share

    def total(self, grade: Grade) -> float:
        return sum(map(self.earned, grade.steps))


def _step(text: str) -> int:
    if not (text.isdecimal() and int(text) in STEPS):
        raise ValueError(f"{text!r} is not a step: expected 1 to {LAST}")
    return int(text)


def _points(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e6:
        raise ValueError(f"{name} = {value!r}: expected points from 0 up")
    return float(value)


def _checks(step: int, table: Any) -> dict[str, float]:
    if not isinstance(table, dict) or not table:
        raise ValueError(f"[checks.{step}] = {table!r}: expected names of checks, each with its points")
    known = check_names(step)
    if strangers := [name for name in table if name not in known]:
        raise ValueError(f"[checks.{step}]: {strangers[0]!r} is not one of its checks: expected {', '.join(known)}")
    return {name: _points(name, value) for name, value in table.items()}


def check_names(step: int) -> list[str]:
    """The names of a step's checks, without parameters."""
    trees = [
        ast.parse(path.read_text(encoding="utf-8")) for path in (checks_path(step), whole_path(step)) if path.exists()
    ]
    functions = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [node.name for node in functions if node.name.startswith("test_")]


def _share(step: StepResult, name: str) -> float:
    """How many of a check's cases pass, of all that it has."""
    cases = [check for check in step.checks if check.name.partition("[")[0] == name]
    return sum(check.status == "passed" for check in cases) / len(cases) if cases else 0.0
