"""The gradebook as CSV: for a spreadsheet, and as Canvas, Moodle and Blackboard import it.

Each is UTF-8 with the mark by which Excel knows it, and no cell is one that a spreadsheet takes for a formula.
What identifies a person stands as the roster has it.
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from course.grading.gradebook import Row
from course.terminal.console import printable

FORMULA = tuple("=+-@＝＋－＠")  # what a spreadsheet takes for one begins so


def cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    text = printable(text)
    first = next((character for character in text if character.isprintable() and character != " "), "")
    return "'" + text if first in FORMULA else text


def gradebook_csv(rows: Sequence[Row], steps: Sequence[int]) -> str:
    """A row for everybody, the absent and the unknown too, with all that decides the points."""
    header = ["id", "name", "email", "section", "status", "points", "of", *(f"step_{step:02}" for step in steps)]
    header += ["handed in", "attempt", "late", "remarks"]
    return csv_text(header, (_gradebook_row(row, steps) for row in rows))


def _gradebook_row(row: Row, steps: Sequence[int]) -> list[str]:
    person = row.person
    handed_in = {step.step for step in row.grade.steps} | {
        each.step for each in row.overrides if each.points is not None
    }
    problems = [] if row.grade.remark == "" or not row.number else [row.grade.remark]
    return [
        row.name if person or row.is_in_roster else "",
        person.name if person else row.name,
        person.email if person else "",
        person.section if person else "",
        row.status,
        f"{row.points:g}",
        f"{row.most:g}",
        *(f"{row.earned(step):g}" if step in handed_in else "" for step in steps),
        str(row.moment) if row.moment else "",
        f"{row.number} of {row.attempts}" if row.number else "",
        row.lateness.why,
        "; ".join([*row.remarks, *problems, *([row.note] if row.note else [])]),
    ]


def canvas_csv(rows: Sequence[Row], assignment: str) -> str:
    """What Canvas imports into its gradebook, by SIS id or its own: a row with the possible points comes first.

    An assignment that is there is named with its number: ``GPT-2 in MAX (4711)``; any other name makes a new one.
    """
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment]
    most = f"{rows[0].most:g}" if rows else ""
    return csv_text(header, [["    Points Possible", "", "", "", "", most], *_of_people(rows, _canvas_row)])


def _canvas_row(row: Row) -> list[str]:
    assert row.person
    person = row.person
    return [
        person.columns.get("Student") or person.name or person.id,
        person.columns.get("ID", "") if "SIS User ID" in person.columns else "",
        person.columns.get("SIS User ID") or person.id,
        person.columns.get("SIS Login ID") or person.login or person.email,
        person.section,
        f"{row.points:g}",
    ]


def moodle_csv(rows: Sequence[Row], assignment: str) -> str:
    """What Moodle imports into its gradebook, by ID number or e-mail address, or as an offline grading worksheet."""
    header = ["Identifier", "Full name", "ID number", "Email address", "Grade", "Maximum Grade", "Feedback comments"]
    return csv_text(header, _of_people(rows, _moodle_row))


def _moodle_row(row: Row) -> list[str]:
    assert row.person
    person = row.person
    names = [person.columns.get("Identifier", ""), person.name, person.id, person.email]
    return [*names, f"{row.points:g}", f"{row.most:g}", "; ".join(row.remarks)]


def blackboard_csv(rows: Sequence[Row], assignment: str) -> str:
    """What Blackboard uploads into its grade center, by user name."""
    most = f"{rows[0].most:g}" if rows else ""
    header = ["Last Name", "First Name", "Username", "Student ID", f"{assignment} [Total Pts: {most} Score]"]
    return csv_text(header, _of_people(rows, _blackboard_row))


def _blackboard_row(row: Row) -> list[str]:
    assert row.person
    person = row.person
    first, _, last = person.name.rpartition(" ")
    columns = person.columns
    names = [columns.get("Last Name") or last, columns.get("First Name") or first]
    username = person.login or person.email.partition("@")[0] or person.id
    return [*names, username, person.id, f"{row.points:g}"]


def _of_people(rows: Iterable[Row], made: Callable[[Row], list[str]]) -> list[list[str]]:
    return [made(row) for row in rows if row.person]


def csv_text(header: list[str], rows: Iterable[list[str]]) -> str:
    """A table as CSV, in which no cell is a formula."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(map(cell, header))
    writer.writerows(map(cell, row) for row in rows)
    return table.getvalue()
