"""What each person gets to read: ``feedback/ID.html`` and ``feedback/ID.md``, in a folder that is ready to be sent.

It is named by the id and holds nobody else's name. The solution is not in it unless somebody asks for it.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from course.curriculum.steps import step_title
from course.grading.gradebook import Row
from course.grading.pages import feedback_page
from course.judging.verdicts import StepResult, Verdict
from course.terminal.console import printable

FOLDER = "feedback"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#+!|~&-])")


def feedback(rows: Sequence[Row], with_solution: bool = False) -> Mapping[str, str]:
    """The content of each file, by its name. Whoever is not in the roster gets none."""
    files = {}
    for row in rows:
        if row.person:
            name = file_name(row)
            files[f"{name}.html"] = feedback_page(row, with_solution)
            files[f"{name}.md"] = markdown(row)
    return files


def file_name(row: Row) -> str:
    """The id, where a file may have that name; else one like it that is nobody else's."""
    id_ = row.name
    return id_ if re.fullmatch(r"[A-Za-z0-9_@+-][A-Za-z0-9_.@+-]{0,63}", id_) else row.file


def markdown(row: Row) -> str:
    """What was found of one person's steps."""
    person = row.person
    lines = [f"# {_text(person.name if person and person.name else row.name)}", ""]
    lines += [f"**{row.points:g} of {row.most:g} points.**", ""]
    said = [*row.remarks, *([row.grade.remark] if row.grade.remark else [])]
    lines += [*(f"- {_text(each)}" for each in said), *([""] if said else [])]
    if row.moment and row.number:
        lines += [f"Handed in: {_text(str(row.moment))}", ""]
    found = {step.step: step for step in row.grade.steps}
    for number in row.steps:
        lines += _step(row, number, found.get(number))
    return "\n".join(lines).rstrip() + "\n"


def _step(row: Row, number: int, step: StepResult | None) -> list[str]:
    points = f"{row.earned(number):g} of {row.marks.most(number):g} points"
    lines = [f"## Step {number:02}: {_text(step_title(number))}", ""]
    if step is None:
        return [*lines, f"{points}: step\\_{number:02}.py was not handed in.", ""]
    lines += [f"{points}; {step.right} of {len(step.checks)} checks pass.", ""]
    return [*lines, *(line for check in step.checks for line in _check(check)), ""]


def _check(check: Verdict) -> list[str]:
    lines = [f"- {check.status}: {_text(check.title)}"]
    if check.status != "passed":
        values = [("expected", check.expected), ("got", check.actual)]
        lines += [f"  - {name} {_code(value)}" for name, value in values if value]
        lines += [f"  - **That is what you get when {_text(check.mistake)}.**"] if check.mistake else []
        lines += [f"  - {_text(check.help)}"] if check.help else []
        lines += [f"  - {_text(each['file'])}, line {each['line']}: {_code(each['code'])}" for each in check.trace]
    return lines


def _text(text: str) -> str:
    """A text that Markdown takes for nothing else."""
    return _MARKDOWN.sub(r"\\\1", " ".join(printable(text).split()))


def _code(text: str) -> str:
    """A text as code, whatever marks it holds."""
    text = " ".join(printable(text).split())
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    return f"{fence} {text} {fence}"


def write(rows: Sequence[Row], folder: Path, with_solution: bool) -> None:
    """Put everybody's files into a folder, in which no others stay."""
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    files = feedback(rows, with_solution)
    for old in place.iterdir():
        if old.suffix in (".html", ".md") and old.name not in files:
            old.unlink()
    for name, text in files.items():
        (place / name).write_text(text, encoding="utf-8", errors="replace")
