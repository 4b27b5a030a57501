"""Points and comments by hand: ``overrides.csv`` in the folder of the grades. Every run reads it, and none changes it.

id,step,points,comment
1001,,12,Talked about it on Tuesday
1002,8,1,"The check was too strict, see the mail of 3 May"
1003,,,Well commented

A row without a step is about the whole submission; one without points is a comment.
"""

from dataclasses import dataclass
from pathlib import Path

from course.curriculum.steps import LAST, STEPS
from course.grading.roster import csv_rows, plain, read_text
from course.refusal import Refusal

NAME = "overrides.csv"
COLUMNS = ("id", "step", "points", "comment")


@dataclass(frozen=True)
class Override:
    """What somebody has decided by hand. ``who`` is an id of the roster, or a submission's name."""

    who: str
    step: int | None
    points: float | None
    comment: str = ""

    def __str__(self) -> str:
        where = f"step {self.step:02}: " if self.step else ""
        points = "" if self.points is None else f"{self.points:g} points by hand"
        return where + ": ".join(filter(None, [points, self.comment]))


def read(folder: Path) -> list[Override]:
    """What is decided by hand; where there is no such file yet, one to fill in is put there.

    Raises:
        Refusal: a row makes no sense; the message has its line and the value.
    """
    path = folder / NAME
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(",".join(COLUMNS) + "\n", encoding="utf-8-sig")
        return []
    text = read_text(path)
    rows = csv_rows(text)
    header = [plain(cell) for cell in next(rows, [])]
    if "id" not in header or not set(header) <= set(COLUMNS):
        first = text.partition("\n")[0].strip()
        raise Refusal(f"{path}: line 1: expected {', '.join(COLUMNS)}, got {first!r}")
    found: dict[tuple[str, int | None], Override] = {}
    for row in rows:
        cells = dict.fromkeys(COLUMNS, "") | dict(zip(header, (cell.strip() for cell in row)))
        if not any(cells.values()):
            continue
        override = _override(f"{path}: line {rows.line_num}", cells)
        if found.setdefault((override.who, override.step), override) is not override:
            raise Refusal(f"{path}: line {rows.line_num}: {override.who!r} has such a row already")
    return list(found.values())


def refuse_strangers(overrides: list[Override], known: set[str], folder: Path) -> None:
    """Raises Refusal where one is about somebody who is not there."""
    for override in overrides:
        if override.who not in known:
            raise Refusal(f"{folder / NAME}: {override.who!r} is neither in the roster nor a submission")


def _override(where: str, cells: dict[str, str]) -> Override:
    if not cells["id"]:
        raise Refusal(f"{where}: no id beside {cells['comment'] or cells['points']!r}")
    step = None
    if cells["step"]:
        number = cells["step"].removeprefix("step").strip(" _")
        if not (number.isdecimal() and int(number) in STEPS):
            raise Refusal(f"{where}: {cells['step']!r} is not a step: expected 1 to {LAST}")
        step = int(number)
    points = None
    if cells["points"]:
        try:
            points = float(cells["points"].replace(",", "."))
        except ValueError:
            points = -1.0
        if not 0 <= points < 1e6:
            raise Refusal(f"{where}: {cells['points']!r}: expected points from 0 up")
    elif not cells["comment"]:
        raise Refusal(f"{where}: neither points nor a comment for {cells['id']!r}")
    comment = cells["comment"]
    return Override(cells["id"].lstrip("'"), step, points, comment)
