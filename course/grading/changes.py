"""What a second run changes: for whom, and why. Each run leaves ``last_run.json`` for the next one."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course.grading import kept
from course.grading.gradebook import Row

NAME = "last_run.json"


@dataclass(frozen=True)
class Change:
    """What became of one person's points, or of one submission's.

    Attributes:
        before, after: the points; None where there was no row, or is none.
    """

    title: str
    before: float | None
    after: float | None
    why: tuple[str, ...]

    def __str__(self) -> str:
        before, after = ("nothing" if points is None else f"{points:g}" for points in (self.before, self.after))
        points = f"{before} → {after}" if before != after else f"{after} as before"
        return f"{self.title}: {points}: {'; '.join(self.why)}"


def changes(rows: Sequence[Row], folder: Path) -> list[Change]:
    """What is not as the last run left it. On a first run that is nothing."""
    before = _read(folder)
    if not before:
        return []
    after = state(rows)
    found = []
    for name in [*after["rows"], *(name for name in before["rows"] if name not in after["rows"])]:
        old, new = before["rows"].get(name), after["rows"].get(name)
        why = tuple(_why(old, new, before, after))
        if why:
            title = (new or old)["title"]
            found.append(Change(title, old and old["points"], new and new["points"], why))
    return found


def keep(rows: Sequence[Row], folder: Path) -> None:
    """Leave what the next run is compared with."""
    unfinished = folder / f"{NAME}.new"
    unfinished.write_text(json.dumps(state(rows)), encoding="utf-8")
    unfinished.replace(folder / NAME)


def state(rows: Sequence[Row]) -> dict[str, Any]:
    """All that points depend on, in JSON."""
    steps = sorted({step for row in rows for step in row.steps})
    marks = rows[0].marks if rows else None
    return {
        "marks": _digest(repr(marks)),
        "checks": {str(step): kept.key(step, b"", kept.judges()) for step in steps},
        "rows": {row.name: _state(row) for row in rows},
    }


def _state(row: Row) -> dict[str, Any]:
    return {
        "title": row.title,
        "points": row.points,
        "status": row.status,
        "attempt": row.number,
        "late": row.lateness.why,
        "by hand": [str(each) for each in row.overrides],
        "error": row.grade.remark,
        "steps": {
            str(step.step): {
                "right": step.right,
                "of": len(step.checks),
                "source": _digest(row.grade.sources.get(step.step, "")),
            }
            for step in row.grade.steps
        },
    }


def _why(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[str]:
    """The reasons for what is not as before."""
    if old is None:
        return ["new"]
    if new is None:
        return ["no longer there"]
    why = []
    if old["status"] != new["status"]:
        why.append(f"{new['status']}, was {old['status']}")
    if old["attempt"] and new["attempt"] and old["attempt"] != new["attempt"]:
        why.append(f"attempt {new['attempt']} counts, was {old['attempt']}")
    for step in sorted({*old["steps"], *new["steps"]}, key=int):
        reason = _why_step(old["steps"].get(step), new["steps"].get(step), step, before, after)
        if reason:
            why.append(f"step {int(step):02} {reason}")
    if old["late"] != new["late"]:
        why.append(f"{new['late'] or 'in time'}, was {old['late'] or 'in time'}")
    if old["by hand"] != new["by hand"]:
        why.append(f"by hand: {', '.join(new['by hand']) or 'no longer anything'}")
    if old["error"] != new["error"] and old["status"] == new["status"] and not why:
        why.append(new["error"] or f"no longer: {old['error']}")
    if old["points"] != new["points"] and (not why or before["marks"] != after["marks"]):
        why.append("the file of points has changed" if before["marks"] != after["marks"] else "other steps are graded")
    return why


def _why_step(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    step: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> str:
    if old is None or new is None:
        is_graded = step in before["checks"] and step in after["checks"]
        return ("is there now" if old is None else "is no longer there") if is_graded else ""
    passing = f"{new['right']} of {new['of']} checks pass, {old['right']} of {old['of']} did"
    if old["source"] != new["source"]:
        return f"has changed: {passing}"
    if (old["right"], old["of"]) == (new["right"], new["of"]):
        return ""
    is_ours = before["checks"].get(step) != after["checks"].get(step)
    return f"is the same, and {'its checks have changed' if is_ours else 'was judged again'}: {passing}"


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((folder / NAME).read_bytes())
        return found if isinstance(found, dict) and {"marks", "checks", "rows"} <= found.keys() else None
    except (OSError, ValueError):
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
