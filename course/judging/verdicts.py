"""Verdicts: what a check found, and what all checks of a step's file found."""

from dataclasses import asdict, dataclass, field
from typing import Any

from course.curriculum.todos import Todo


@dataclass
class Check:
    """One check's verdict.

    ``trace`` holds the learner's own lines on the way to an exception. A tensor that is wrong has
    a ``comparison``: what it is, its shape, how many of its values are off, by how much at most,
    and the first of their places. A sampler that is wrong has ``shares``: for each kind of token
    the expected share of the draws, and the one that came.
    """

    id: str
    title: str
    todos: list[int]  # the TODOs that it proves, the likeliest culprit first
    todo: int | None = None  # the culprit: the first of them that is open, else the first
    status: str = "error"  # passed, failed, skipped (an earlier TODO is open), error
    expected: str | None = None
    actual: str | None = None
    mistake: str | None = None
    help: str | None = None
    line: int | None = None
    trace: list[dict[str, Any]] = field(default_factory=list)
    comparison: dict[str, Any] | None = None
    shares: dict[str, tuple[float, float]] | None = None
    mistakes: list[str] = field(default_factory=list)  # ids of those known to give just what came

    @property
    def name(self) -> str:
        """The test's name with its parameters."""
        return self.id.partition("::")[2]

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name not in ("todos", "mistakes")}


@dataclass
class StepResult:
    """All verdicts on one file."""

    step: int
    file: str
    checks: list[Check]
    seconds: float
    unfinished: list[Todo] = field(default_factory=list)
    output: str = ""

    @property
    def passed(self) -> bool:
        return bool(self.checks) and all(check.status == "passed" for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "file": self.file,
            "passed": self.passed,
            "checks": [check.to_json() for check in self.checks],
            "seconds": round(self.seconds, 2),
        }
