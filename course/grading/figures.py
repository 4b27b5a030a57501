"""A class in figures: how the points are spread, which checks are the hardest, and how its sections did."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, median

from course.grading.gradebook import Row

BINS = 10
HARDEST = 10  # checks that are listed


@dataclass(frozen=True)
class Summary:
    """The points of some people; those who handed in nothing are counted, and that is all."""

    title: str
    people: int
    handed_in: int
    mean: float = 0.0
    median: float = 0.0
    least: float = 0.0
    most: float = 0.0


@dataclass(frozen=True)
class Hard:
    """A check, and how many of those who handed in its step pass it."""

    step: int
    title: str
    passed: int
    of: int


def summary(rows: Sequence[Row], title: str = "all") -> Summary:
    """The points of everybody in these rows."""
    points = [row.points for row in rows if row.number]
    if not points:
        return Summary(title, len(rows), 0)
    return Summary(title, len(rows), len(points), mean(points), median(points), min(points), max(points))


def sections(rows: Sequence[Row]) -> list[Summary]:
    """The same for each section of the roster, where it has several. Whoever is in two of them counts in both."""
    names = sorted({name for row in rows if row.person for name in row.person.sections})
    found = [summary([row for row in rows if row.person and name in row.person.sections], name) for name in names]
    return found if len(found) > 1 else []


def distribution(rows: Sequence[Row]) -> list[tuple[str, int]]:
    """How many have how many points, in tenths of all that there are: each range with its count."""
    most = max((row.most for row in rows), default=0.0)
    if not most:
        return []
    counts = [0] * BINS
    for row in rows:
        if row.number:
            counts[min(int(row.points / most * BINS), BINS - 1)] += 1
    return [(f"{most * i / BINS:g} to {most * (i + 1) / BINS:g}", count) for i, count in enumerate(counts)]


def hardest(rows: Sequence[Row]) -> list[Hard]:
    """The checks that the smallest share passes, the hardest first; none that everybody does."""
    seen: dict[tuple[int, str], list[bool]] = {}
    for row in rows:
        for step in row.grade.steps:
            for check in step.checks:
                seen.setdefault((step.step, check.title), []).append(check.status == "passed")
    found = [Hard(step, title, sum(passed), len(passed)) for (step, title), passed in seen.items() if not all(passed)]
    return sorted(found, key=lambda each: (each.passed / each.of, -each.of, each.step))[:HARDEST]
