"""What a submission scores: so many points for each step, by a small TOML file.

partial = true    # a step that passes some of its checks gets that share of its points

[points]
14 = 3            # step 14 counts three times as much; every step that is not named counts 1
"""

from dataclasses import dataclass, field
from pathlib import Path

from course import toml
from course.curriculum.steps import LAST, STEPS
from course.grading.grade import Grade
from course.judging.verdicts import StepResult
from course.refusal import Refusal


@dataclass(frozen=True)
class Marks:
    """How steps are weighed."""

    points: dict[int, float] = field(default_factory=dict)
    partial: bool = False

    @classmethod
    def read(cls, path: Path) -> "Marks":
        """Raises Refusal, with the line or the value that is wrong."""
        try:
            table = toml.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise Refusal(f"{path}: {error.strerror}") from None
        except (UnicodeDecodeError, toml.TOMLDecodeError) as error:
            raise Refusal(f"{path}: {error}") from None
        points, partial = table.pop("points", {}), table.pop("partial", False)
        if table:
            raise Refusal(f"{path}: {', '.join(table)}: expected partial and [points]")
        if not isinstance(partial, bool) or not isinstance(points, dict):
            raise Refusal(f"{path}: partial is true or false, and [points] a table")
        for step, value in points.items():
            if not (step.isdecimal() and int(step) in STEPS):
                raise Refusal(f"{path}: {step!r} is not a step: expected 1 to {LAST}")
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e6:
                raise Refusal(f"{path}: {step} = {value!r}: expected points from 0 up")
        return cls({int(step): float(value) for step, value in points.items()}, partial)

    def most(self, step: int) -> float:
        """The points of a step that passes."""
        return self.points.get(step, 1.0)

    def earned(self, step: StepResult) -> float:
        """The points of a step."""
        share = step.right / len(step.checks) if self.partial else float(step.passed)
        return self.most(step.step) * share

    def total(self, grade: Grade) -> float:
        return sum(map(self.earned, grade.steps))
