"""The grades for other programs: CSV, JSON, JUnit XML, Gradescope, PrairieLearn, Classroom 50 and Exercism."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from course.curriculum.steps import step_title
from course.grading.grade import Grade
from course.grading.gradebook import Row
from course.grading.marks import Marks
from course.grading.sheets import cell
from course.judging.verdicts import StepResult, Verdict
from course.terminal.console import printable

EXERCISM = {"passed": "pass", "failed": "fail", "skipped": "fail", "error": "error"}


def to_csv(rows: Sequence[Row], steps: Sequence[int]) -> str:
    """A row for each submission: its points, and how many of each step's checks pass."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["submission", "points", "of", *(f"step_{step:02}" for step in steps), "error"])
    for row in rows:
        counts = {step.step: f"{step.right} of {len(step.checks)}" for step in row.grade.steps}
        cells = [counts.get(step, "") for step in steps]
        said = "; ".join(filter(None, [*row.remarks, row.note, row.grade.remark]))
        writer.writerow([cell(row.name), f"{row.points:g}", f"{row.most:g}", *cells, cell(said)])
    return table.getvalue()


def to_json(rows: Sequence[Row], steps: Sequence[int], marks: Marks) -> str:
    """All that is known, with each step as ``check --json`` writes it, but for the seconds."""
    objects = [
        {
            "submission": row.name,
            "points": row.points,
            "error": row.grade.remark or None,
            "steps": [_without_seconds(step) for step in row.grade.steps],
        }
        for row in rows
    ]
    return json.dumps({"most": sum(map(marks.most, steps)), "submissions": objects}, indent=1)


def to_junit(grades: Sequence[Grade]) -> str:
    """A test suite for each step of each submission, and for each submission that could not be graded."""
    suites = ElementTree.Element("testsuites")
    for grade in grades:
        if grade.error:
            facts = {"name": printable(grade.name), "tests": "1", "failures": "0", "errors": "1", "skipped": "0"}
            suite = ElementTree.SubElement(suites, "testsuite", facts)
            case = ElementTree.SubElement(suite, "testcase", classname="submission", name="It can be graded")
            ElementTree.SubElement(case, "error", type="error", message=printable(grade.error))
        for step in grade.steps:
            statuses = [check.status for check in step.checks]
            suite = ElementTree.SubElement(
                suites,
                "testsuite",
                name=printable(f"{grade.name}: step {step.step:02}"),
                tests=str(len(statuses)),
                failures=str(statuses.count("failed")),
                errors=str(statuses.count("error")),
                skipped=str(statuses.count("skipped")),
            )
            for check in step.checks:
                case = ElementTree.SubElement(
                    suite, "testcase", classname=f"step_{step.step:02}", name=printable(check.title)
                )
                kind = {"failed": "failure", "error": "error", "skipped": "skipped"}.get(check.status)
                if kind:
                    ElementTree.SubElement(case, kind, type=check.status, message=message(check))
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def to_gradescope(row: Row) -> str:
    """What Gradescope reads from results.json: a test for each step, with its points.

    The score stands for itself only where it is not their sum: when something is late, or was decided by hand.
    """
    tests = [
        {
            "name": f"Step {number:02}",
            "number": str(number),
            "score": row.earned(number),
            "max_score": row.marks.most(number),
            "status": "passed" if passed else "failed",
            "output": output,
            "output_format": "text",
        }
        for number, passed, output in _each_step(row)
    ]
    score = {} if row.points == round(row.raw, 6) else {"score": row.points}
    return json.dumps({**score, "output": _said(row), "tests": tests}, indent=1)


def to_prairielearn(row: Row) -> str:
    """What PrairieLearn reads from an external grader's results.json: a test for each step, and a share of the points.

    What could not be graded costs no attempt there.
    """
    if row.grade.error:
        return json.dumps({"gradable": False, "format_errors": [printable(row.grade.error)], "message": ""}, indent=1)
    tests = [
        {
            "name": f"Step {number:02}: {step_title(number)}",
            "points": row.earned(number),
            "max_points": row.marks.most(number),
            "output": output,
        }
        for number, _, output in _each_step(row)
    ]
    score = min(1.0, row.points / row.most) if row.most else 0.0
    return json.dumps({"gradable": True, "score": score, "message": _said(row), "tests": tests}, indent=1)


def to_classroom50(row: Row) -> str:
    """The part of Classroom 50's result.json that is about points: a test for each step.

    Its scores are whole numbers: where a point is not, all are in hundredths. What is late, it says itself.
    """
    numbers = [value for step in row.steps for value in (row.earned(step), row.marks.most(step))]
    unit = 1 if all(value == int(value) for value in numbers) else 100
    tests = [
        {
            "test-name": f"Step {number:02}",
            "passed": passed,
            "score": int(row.earned(number) * unit + 1e-6),
            "max-score": round(row.marks.most(number) * unit),
            "output": output,
        }
        for number, passed, output in _each_step(row)
    ]
    totals = {name: sum(int(str(test[name])) for test in tests) for name in ("score", "max-score")}
    return json.dumps({**totals, "tests": tests}, indent=1)


def _each_step(row: Row) -> Iterator[tuple[int, bool, str]]:
    """The number of each step, whether it passes, and what there is to say of it."""
    handed_in = {step.step: step for step in row.grade.steps}
    for number in row.steps:
        step = handed_in.get(number)
        yield number, bool(step and step.passed), _lines(step) if step else f"step_{number:02}.py was not handed in"


def _said(row: Row) -> str:
    return printable("; ".join(filter(None, [*row.remarks, row.grade.remark])))


def to_exercism(step: StepResult) -> str:
    """What an Exercism test runner writes for an exercise, version 2 of its format: one step."""
    tests = [
        {"name": printable(check.title), "status": EXERCISM[check.status]}
        | ({} if check.status == "passed" else {"message": message(check)})
        for check in step.checks
    ]
    return json.dumps({"version": 2, "status": "pass" if step.passed else "fail", "tests": tests}, indent=1)


def message(check: Verdict) -> str:
    """What is wrong, in one line."""
    parts = [
        f"expected {check.expected}" if check.expected else None,
        check.actual and f"got {check.actual}",
    ]
    parts += [check.mistake and f"that is what you get when {check.mistake}", check.help]
    return printable("; ".join(part for part in parts if part))


def _without_seconds(step: StepResult) -> dict[str, Any]:
    return {name: value for name, value in step.to_json().items() if name != "seconds"}


def _lines(step: StepResult) -> str:
    return "\n".join(
        f"{check.status}: {printable(check.title)}" + ("" if check.status == "passed" else f": {message(check)}")
        for check in step.checks
    )
