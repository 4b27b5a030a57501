"""Writes what was graded for people and for other programs: pages, and the files of course.grading.export."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from course.grading import export
from course.grading.grade import Grade, file_name
from course.grading.marks import Marks
from course.grading.pages import class_page, submission_page
from course.grading.similar import pairs
from course.grading.submissions import Submission


def publish(
    submissions: Sequence[Submission], grades: Sequence[Grade], steps: Sequence[int], marks: Marks, folder: Path
) -> Path:
    """Write everything into a folder. Returns the page to begin with."""
    names = {each.name: file_name(each) for each in submissions}
    grades = [_publish_one(grade, names[grade.name], steps, marks, folder) for grade in grades]
    # Excel knows UTF-8 by the byte order mark.
    _write(folder / "grades.csv", export.to_csv(grades, steps, marks), encoding="utf-8-sig")
    _write(folder / "grades.json", export.to_json(grades, steps, marks))
    _write(folder / "junit.xml", export.to_junit(grades))
    pages = {name: f"pages/{file}.html" for name, file in names.items()}
    return _write(
        folder / "index.html",
        class_page(grades, steps, marks, pages, pairs({grade.name: grade.sources for grade in grades})),
    )


def _publish_one(grade: Grade, name: str, steps: Sequence[int], marks: Marks, folder: Path) -> Grade:
    """Write what is about one submission. Returns its grade: whatever goes wrong is one, too."""
    try:
        _write(folder / "pages" / f"{name}.html", submission_page(grade, marks))
    except Exception as error:
        grade = replace(grade, error=f"no page could be made: {type(error).__name__}: {error}"[:500], sources={})
        _write(folder / "pages" / f"{name}.html", submission_page(replace(grade, steps=[]), marks))
    _write(folder / "gradescope" / f"{name}.json", export.to_gradescope(grade, steps, marks))
    _write(folder / "classroom" / f"{name}.json", export.to_classroom(grade, steps, marks))
    for step in grade.steps:
        _write(folder / "exercism" / name / f"step_{step.step:02}.json", export.to_exercism(step))
    return grade


def _write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding, errors="replace")
    return path
