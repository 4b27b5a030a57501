"""What a learning platform has written into the names of what it exports: whose it is, and when it was handed in.

- Canvas: ``lovelaceada_LATE_4021_99887_step_01-1.py``, one file beside the other; handed in again it gets a number.
- Moodle: ``Ada Lovelace_12345_assignsubmission_file_/``, a folder a person, or files of which each begins so.
- Blackboard: ``Homework_alovelace_attempt_2026-11-20-23-41-05_step_01.py``, one file beside the other.
- Gradescope: ``submission_123/``, a folder a submission, and ``submission_metadata.yml`` about all of them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

METADATA = "submission_metadata.yml"
METADATA_LIMIT = 1 << 28  # bytes

_CANVAS = re.compile(r"(?P<who>[^_/]+)_(?P<late>LATE_)?(?P<user>\d+)_(?P<file>\d+)_(?P<original>.+)", re.DOTALL)
_MOODLE = re.compile(
    r"(?P<who>.+?)_(?P<user>\d+)_assignsubmission_(?P<kind>file|onlinetext)_(?P<original>.*)", re.DOTALL
)
_BLACKBOARD = re.compile(
    r"(?P<title>.+)_(?P<who>[^_]+)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<original>.+))?", re.DOTALL
)
_AGAIN = re.compile(r"(?P<stem>.+)-(?P<round>\d{1,3})(?P<suffix>\.[^.]+)", re.DOTALL)


@dataclass(frozen=True)
class Named:
    """What a name says.

    Attributes:
        who: how the platform writes the person's name.
        user: the platform's number or name of the person.
        original: the file's name as it was handed in; empty for a folder.
        order: which of two files of this name is the later one.
        is_text: whether it is what somebody has typed into a form, and no file.
        is_late: whether the platform calls it late; None where it does not say.
    """

    platform: str
    who: str
    user: str
    original: str = ""
    order: int = 0
    is_late: bool | None = None
    is_text: bool = False
    time: datetime | None = None


def named(name: str) -> Named | None:
    """What the name of a file or folder says, if a platform has made it."""
    if found := _MOODLE.fullmatch(name):
        who = re.sub("_+", " ", found["who"]).strip()
        return Named("Moodle", who, found["user"], found["original"], is_text=found["kind"] == "onlinetext")
    if found := _BLACKBOARD.fullmatch(name):
        try:
            time = datetime.strptime(found["time"], "%Y-%m-%d-%H-%M-%S").astimezone()
        except ValueError:
            return None
        return Named("Blackboard", found["who"], found["who"], found["original"] or "", time=time)
    if found := _CANVAS.fullmatch(name):
        return Named(
            *("Canvas", found["who"], found["user"], found["original"]), int(found["file"]), bool(found["late"])
        )
    return None


def sent_again(name: str) -> tuple[str, int]:
    """A file's name as it was before Canvas told it from another of that name, and the number by which it did, or 0."""
    found = _AGAIN.fullmatch(name)
    return (found["stem"] + found["suffix"], int(found["round"])) if found else (name, 0)


@dataclass(frozen=True)
class Listed:
    """A submission as Gradescope's metadata lists it."""

    folder: str
    submitters: tuple[Mapping[str, str], ...]  # each with name, sid and email, or some of them
    time: datetime | None


def metadata(path: Path) -> list[Listed]:
    """The submissions of a Gradescope export.

    Raises:
        ValueError: the file is not what Gradescope writes.
    """
    if path.stat().st_size > METADATA_LIMIT:
        raise ValueError(f"{path.name} is larger than {METADATA_LIMIT >> 20} MiB")
    try:
        table = yaml.load(path.read_bytes(), _Ruby)
    except yaml.YAMLError as error:
        raise ValueError(f"{path.name} is not YAML: {' '.join(str(error).split())[:200]}") from None
    if not isinstance(table, dict):
        raise ValueError(f"{path.name} lists no submissions")
    return list(_listed(table))


def beside(path: Path) -> Listed | None:
    """What Gradescope has put beside a submission, where it starts an autograder: who it is of, and when it came."""
    place = path.parent / "submission_metadata.json"
    try:
        about = json.loads(place.read_bytes()[:METADATA_LIMIT])
        people = [
            {key: str(person[key]) for key in ("name", "email", "sid") if person.get(key)} for person in about["users"]
        ]
        return Listed(path.name, tuple(people), _time(about.get("created_at")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


class _Ruby(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Reads what Ruby writes: its objects as tables, and numbers as they are spelled, since an id may begin with 0."""


_Ruby.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in found if not tag.endswith((":int", ":float", ":timestamp"))]
    for sign, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Ruby.add_multi_constructor(
    "!ruby/", lambda loader, tag, node: loader.construct_mapping(node) if isinstance(node, yaml.MappingNode) else None
)


def _listed(table: Mapping[Any, Any]) -> Iterator[Listed]:
    for folder, about in table.items():
        if not isinstance(about, dict):
            continue
        people = about.get(":submitters") or []
        submitters = tuple(
            {str(key).strip(":"): str(value) for key, value in person.items() if value is not None}
            for person in people
            if isinstance(person, dict)
        )
        yield Listed(str(folder), submitters, _time(about.get(":created_at")))


def _time(value: Any) -> datetime | None:
    """A moment: 2026-11-20 22:41:05.123456789 Z, or an object of Rails that holds one."""
    if isinstance(value, dict):
        value = value.get("utc") or value.get("time")
    try:
        text = re.sub(r"(\.\d{6})\d+", r"\1", str(value)).replace(" Z", "+00:00").replace("Z", "+00:00")
        time = datetime.fromisoformat(re.sub(r" (?=[+-]\d\d:?\d\d$)", "", text))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)
