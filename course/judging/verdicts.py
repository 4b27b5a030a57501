"""Verdicts: what a check found, and what all checks of a step's file found."""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from course.curriculum.todos import Todo

UNTOLD = ("todos", "mistakes", "lost")  # fields that are not for others


@dataclass
class Verdict:
    """What one check found.

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
    output: str = ""  # what was printed while it ran
    mistakes: list[str] = field(default_factory=list)  # ids of those known to give just what came
    lost: bool = False  # the check gave no verdict: its process ended, was killed, or did not answer

    @property
    def name(self) -> str:
        """The test's name with its parameters."""
        return self.id.partition("::")[2]

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name not in UNTOLD}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Verdict":
        """Read what ``to_json`` has written. Raises TypeError where it is something else."""
        return cls(**data, todos=[])


@dataclass
class StepResult:
    """All verdicts on one file.

    Attributes:
        seconds: how long the checks took together.
        unfinished: the TODOs that the file leaves open.
        output: what the file printed while it was imported.
        right_todos: those that are right, where others are open.
    """

    step: int
    file: str
    checks: list[Verdict]
    seconds: float
    unfinished: list[Todo] = field(default_factory=list)
    output: str = ""
    right_todos: list[int] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return bool(self.checks) and all(check.status == "passed" for check in self.checks)

    @property
    def lost(self) -> str | None:
        """Why a check gave no verdict, if one did not."""
        return next((check.actual or "no answer" for check in self.checks if check.lost), None)

    @property
    def right(self) -> int:
        """How many checks pass."""
        return sum(check.status == "passed" for check in self.checks)

    @property
    def culprit(self) -> int | None:
        """The TODO to look at next: that of the first diagnosis or crash, else the first that is wrong or open.

        None where nothing fails, and where the file cannot be imported.
        """
        wrong = [check for check in self.checks if check.status in ("failed", "error")]
        if any(check.todo is None for check in wrong):
            return None
        diagnosed = [check.todo for check in wrong if check.mistake] or [check.todo for check in wrong if check.trace]
        skipped = [check.todo for check in self.checks if check.status == "skipped"]
        unclear = [check.todo for check in wrong] + [todo.number for todo in self.unfinished]
        return next(iter(diagnosed), None) or min(filter(None, unclear or skipped), default=None)

    def __getitem__(self, name: str) -> Any:
        """What ``to_json`` has under a name: scripts of instructors read verdicts as the files have them."""
        return self.to_json()[name]

    def to_json(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "file": self.file,
            "passed": self.passed,
            "checks": [check.to_json() for check in self.checks],
            "seconds": round(self.seconds, 2),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "StepResult":
        """Read what ``to_json`` has written. Raises KeyError or TypeError where it is something else."""
        checks = [Verdict.from_json(check) for check in data["checks"]]
        return cls(data["step"], data["file"], checks, data["seconds"])


def unexplained(result: StepResult) -> StepResult:
    """What came of the checks, without what is known of the cause: no name, no advice, no TODO."""
    return replace(result, checks=[replace(check, mistake=None, help=None, todo=None) for check in result.checks])
