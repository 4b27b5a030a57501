"""The point about generated files."""

from pathlib import Path

from course.proof.point import Point


def generated(root: Path) -> Point:
    """What a program has written is what its sources make."""
    from course.proof.table import TABLE, why_stale

    stale = [(row, why_stale(row, root)) for row in TABLE]
    faults = [f"{row.name} is stale; ./run make {row.name} makes it. {why}" for row, why in stale if why]
    return Point.about(len(TABLE), "kinds of generated files are as their sources make them", faults)
