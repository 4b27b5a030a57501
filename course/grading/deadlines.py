"""When a submission was due, how late it came, and what that costs: the table [deadline] of points.toml.

[deadline]
due = 2026-11-20T23:59:00+01:00    # without an offset: in this machine's time zone
grace = "15 minutes"               # so much later is still in time
late = "per day"                   # constant, per day, late days; without it lateness is said and costs nothing
penalty = 0.1                      # the share of the points that it costs, once or for each day begun
late_days = 3                      # for "late days": so many cost nothing
attempt = "last"                   # of several attempts: the last, the first, the best, or the "last in time"

[deadline.extensions]              # by id, beside those of the roster: so much later, or until then
1001 = "2 days"
1007 = 2026-11-30T12:00:00
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

POLICIES = ("constant", "per day", "late days")
ATTEMPTS = ("last", "first", "best", "last in time")

_UNITS = {"minute": 60, "min": 60, "hour": 3600, "h": 3600, "day": 86400, "d": 86400, "week": 604800, "w": 604800}
_DURATION = re.compile(r"\+?(\d+(?:\.\d+)?)\s*([a-z]+?)s?", re.IGNORECASE)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Moment:
    """When something was handed in, and who says so.

    Attributes:
        source: LMS, metadata, Git or file.
        is_late: what the LMS says, where it says no more than that.
    """

    time: datetime | None
    source: str
    is_late: bool | None = None

    def __str__(self) -> str:
        if self.is_late is not None:
            return f"{'late' if self.is_late else 'in time'} ({self.source})"
        return f"{self.time:%Y-%m-%d %H:%M %Z} ({self.source})" if self.time else "not known"


@dataclass(frozen=True)
class Lateness:
    """How late something is, and the share of its points that it keeps."""

    days: int = 0  # begun
    keeps: float = 1.0
    why: str = ""  # what there is to say, in a few words

    @property
    def is_late(self) -> bool:
        return self.days > 0


@dataclass(frozen=True)
class Deadline:
    """When a class has to hand in. Without ``due`` nothing is late."""

    due: datetime | None = None
    grace: timedelta = timedelta()
    late: str = ""
    penalty: float = 0.0
    late_days: int = 0
    attempt: str = "last"
    extensions: Mapping[str, str | datetime] = field(default_factory=dict)

    @classmethod
    def parse(cls, table: Mapping[str, Any]) -> "Deadline":
        """Raises ValueError, with the name and the value that are wrong."""
        known = {"due", "grace", "late", "penalty", "late_days", "attempt", "extensions"}
        if unknown := sorted(set(table) - known):
            raise ValueError(f"{unknown[0]}: expected {', '.join(sorted(known))}")
        late, attempt = table.get("late", ""), table.get("attempt", "last")
        if late not in ("", *POLICIES):
            raise ValueError(f"late = {late!r}: expected {', '.join(POLICIES)}")
        if attempt not in ATTEMPTS:
            raise ValueError(f"attempt = {attempt!r}: expected {', '.join(ATTEMPTS)}")
        penalty, late_days = table.get("penalty", 0.0), table.get("late_days", 0)
        if isinstance(penalty, bool) or not isinstance(penalty, (int, float)) or not 0 <= penalty <= 1:
            raise ValueError(f"penalty = {penalty!r}: expected a share from 0 to 1")
        if isinstance(late_days, bool) or not isinstance(late_days, int) or late_days < 0:
            raise ValueError(f"late_days = {late_days!r}: expected a number of days")
        if late and not penalty:
            raise ValueError(f"late = {late!r} without a penalty: expected a share from 0 to 1")
        if late_days and late != "late days":
            raise ValueError(f"late_days = {late_days} needs late = 'late days', got {late!r}")
        due = _moment("due", table["due"]) if "due" in table else None
        if due is None and set(table) - {"attempt"}:
            raise ValueError(f"{sorted(set(table) - {'attempt'})[0]} without due: expected a date and a time")
        extensions = table.get("extensions", {})
        if not isinstance(extensions, dict):
            raise ValueError(f"extensions = {extensions!r}: expected a table")
        made = cls(
            due, _duration("grace", table.get("grace", "0 days")), late, float(penalty), late_days, attempt, extensions
        )
        for who, extension in extensions.items():
            made._extended(extension, f"extensions.{who}")
        return made

    def due_for(self, id_: str = "", extension: str = "") -> datetime | None:
        """When somebody has to hand in, by the longest of these extensions.

        Raises:
            ValueError: an extension is neither a duration nor a moment.
        """
        if self.due is None:
            return None
        own = [self._extended(extension, "extension")] if extension else []
        if id_ in self.extensions:
            own.append(self._extended(self.extensions[id_], f"extensions.{id_}"))
        return max([self.due, *own])

    def lateness(self, moment: Moment | None, id_: str = "", extension: str = "") -> Lateness:
        """How late something came, and what that costs."""
        due = self.due_for(id_, extension)
        if due is None or moment is None:
            return Lateness()
        allowed = due + self.grace
        over = moment.time - allowed if moment.time else None
        if moment.is_late is False or (over is not None and moment.is_late is None and over <= timedelta()):
            return Lateness()
        if over is None or over <= timedelta():  # the platform says late, by its own deadline
            if due > (self.due or due):
                return Lateness(
                    why=f"{moment.source} says late; taken as in time, with an extension to {due:%Y-%m-%d %H:%M}"
                )
            return Lateness(1, self._keeps(1), f"late; {moment.source} does not say how late: it counts as one day")
        days = math.ceil((over + self.grace) / DAY)
        return Lateness(days, self._keeps(days), f"{days} {'day' if days == 1 else 'days'} late")

    def _keeps(self, days: int) -> float:
        if self.late == "late days":
            days = max(0, days - self.late_days)
        times = min(days, 1) if self.late == "constant" else days if self.late else 0
        return max(0.0, 1.0 - times * self.penalty)

    def _extended(self, extension: Any, name: str) -> datetime:
        assert self.due is not None
        if isinstance(extension, str) and _DURATION.fullmatch(extension.strip()):
            return self.due + _duration(name, extension)
        return _moment(name, extension)


def _duration(name: str, value: Any) -> timedelta:
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found or found[2].lower() not in _UNITS:
        raise ValueError(f"{name} = {value!r}: expected a duration, such as '15 minutes' or '2 days'")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2].lower()])


def _moment(name: str, value: Any) -> datetime:
    """A moment in a time zone. A day alone means its end."""
    if isinstance(value, str):
        try:
            value = (
                datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
                if len(value.strip()) > 10
                else (date.fromisoformat(value.strip()))
            )
        except ValueError:
            raise ValueError(f"{name} = {value!r}: expected a duration or a date, such as 2026-11-30T12:00") from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(23, 59, 59))
    if not isinstance(value, datetime):
        raise ValueError(f"{name} = {value!r}: expected a date and a time, such as 2026-11-30T12:00:00+01:00")
    return value if value.tzinfo else value.astimezone()
