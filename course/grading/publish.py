"""Writes what was graded for people and other programs: pages, gradebooks, and the files of course.grading.export."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from course.grading import alike, changes, export, feedback, sheets
from course.grading.changes import Change
from course.grading.gradebook import Row
from course.grading.marks import Marks
from course.grading.pages import class_page, submission_page

PLATFORMS = {
    "gradescope": export.to_gradescope,
    "prairielearn": export.to_prairielearn,
    "classroom50": export.to_classroom50,
}


def publish(
    rows: Sequence[Row],
    steps: Sequence[int],
    marks: Marks,
    folder: Path,
    with_solution: bool = False,
    former: alike.Sources | None = None,
) -> tuple[Path, list[Change]]:
    """Write everything into a folder.

    Args:
        with_solution: what people get to read shows the solution beside what they wrote.
        former: submissions of former years, with which these are compared.

    Returns:
        The page to begin with, and what is not as the last run has left it.
    """
    changed = changes.changes(rows, folder)
    rows = [_publish_one(row, folder) if row.number else row for row in rows]
    # Excel knows UTF-8 by the byte order mark.
    _write(folder / "grades.csv", export.to_csv(rows, steps), encoding="utf-8-sig")
    _write(folder / "grades.json", export.to_json(rows, steps, marks))
    _write(folder / "junit.xml", export.to_junit([row.grade for row in rows]))
    if any(row.person for row in rows):
        _publish_class(rows, steps, marks, folder, with_solution)
    pairs = alike.pairs(rows, former or {})
    alike.write(rows, pairs, former or {}, folder)
    page = _write(folder / "index.html", class_page(rows, steps, pairs, changed))
    changes.keep(rows, folder)
    return page, changed


def _publish_class(rows: Sequence[Row], steps: Sequence[int], marks: Marks, folder: Path, with_solution: bool) -> None:
    """Write what there is only with a roster."""
    _write(folder / "gradebook.csv", sheets.gradebook_csv(rows, steps), encoding="utf-8-sig")
    for name, made in (
        ("canvas", sheets.canvas_csv),
        ("moodle", sheets.moodle_csv),
        ("blackboard", sheets.blackboard_csv),
    ):
        _write(folder / f"{name}.csv", made(rows, marks.assignment), encoding="utf-8-sig")
    feedback.write(rows, folder, with_solution)


def _publish_one(row: Row, folder: Path) -> Row:
    """Write what is about one submission. Returns its row: whatever goes wrong is in it, too."""
    try:
        _write(folder / "pages" / f"{row.file}.html", submission_page(row))
    except Exception as error:
        failed = replace(row.grade, error=f"no page could be made: {type(error).__name__}: {error}"[:500], sources={})
        row = replace(row, grade=failed)
        _write(folder / "pages" / f"{row.file}.html", submission_page(replace(row, grade=replace(failed, steps=[]))))
    _write(folder / "pages" / f"{row.file}.md", feedback.markdown(row))
    for platform, made in PLATFORMS.items():
        _write(folder / platform / f"{row.file}.json", made(row))
    for step in row.grade.steps:
        _write(folder / "exercism" / row.file / f"step_{step.step:02}.json", export.to_exercism(step))
    return row


def _write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding, errors="replace")
    return path
