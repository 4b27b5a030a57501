"""From what a platform gives to a gradebook, by the command and without a step by hand, for a class of twenty.

Verdicts are given here: a step passes where its text is of an id that is not in WRONG. What is tested comes before
and after them.
"""

import csv
import io
import json
import os
import re
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from course.commands import app, teach
from course.curriculum.steps import read_source, solution_path
from course.grading import grade as grading
from course.judging.verdicts import StepResult, Verdict
from selftests.grading import classes
from selftests.grading.classes import ABSENT, LATE, PLATFORMS, PRESENT, STUDENTS, TWICE
from selftests.grading.test_similar import ADA, BOB, COPY, DISGUISED

WRONG = {"1006", "1007"}
POINTS = """
assignment = "Homework 1 (77)"
[points]
1 = 10
2 = 20
[deadline]
due = 2026-11-21T12:00:00Z
late = "constant"
penalty = 0.5
"""


@pytest.fixture(autouse=True)
def judge(monkeypatch):
    """Step 2 of the wrong fails, and of the second attempt passes for everybody."""

    def judge(steps, folder: Path, **named) -> list[StepResult]:
        results = []
        for step in steps:
            text = (folder / f"step_{step:02}.py").read_text()
            is_wrong = step == 2 and any(id_ in text for id_ in WRONG)
            status, mistake = ("failed", "the mask is shifted") if is_wrong else ("passed", None)
            verdict = Verdict(f"tests/test_step_{step:02}.py::test_it", f"step {step} does it", [], status=status)
            verdict.mistake = mistake
            results.append(StepResult(step, "", [verdict], 0.0))
        return results

    monkeypatch.setattr(grading, "judge", judge)
    monkeypatch.setattr(teach, "load_kernels", lambda device: None)


@pytest.fixture
def run(tmp_path):
    classes.roster(tmp_path / "roster.csv")
    (tmp_path / "points.toml").write_text(POINTS)

    def run(path: Path, *options: str) -> str:
        arguments = [
            "grade",
            str(path),
            "--roster",
            str(tmp_path / "roster.csv"),
            "--points",
            str(tmp_path / "points.toml"),
        ]
        arguments += ["--out", str(tmp_path / "grades"), "--no-sandbox", "--steps", "1,2", *options]
        ran = CliRunner().invoke(app, arguments)
        assert ran.exit_code in (0, 1), ran.output
        return ran.output

    return run


def table(path: Path) -> list[dict[str, str]]:
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")  # by which Excel knows UTF-8
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def wanted(student, platform: str) -> str:
    if student.id in ABSENT:
        return "0"
    points = 10 if student.id in WRONG else 30
    return f"{points * (0.5 if student.id == LATE and platform not in ('moodle',) else 1):g}"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_gradebook_comes_out_without_a_step_by_hand(run, tmp_path, platform):
    folder = PLATFORMS[platform](tmp_path / "export")
    if platform == "moodle":  # whose files have the times of the download
        (tmp_path / "points.toml").write_text(POINTS.replace("2026", "2126"))
    output = run(classes.one_zip(folder, tmp_path / "export.zip"))
    grades = tmp_path / "grades"
    rows = table(grades / "gradebook.csv")
    points = {row["id"]: (row["status"], row["points"], row["of"]) for row in rows if row["id"]}
    assert points == {
        student.id: ("absent" if student.id in ABSENT else "graded", wanted(student, platform), "30")
        for student in STUDENTS
    }
    assert [row["status"] for row in rows if not row["id"]] == ["unknown"]
    assert "handed in nothing: Tim Absent (1019), Uma Absent (1020)" in output and "not in the roster:" in output

    canvas = table(grades / "canvas.csv")
    assert list(canvas[0]) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Homework 1 (77)"]
    assert canvas[0]["Student"].strip() == "Points Possible" and canvas[0]["Homework 1 (77)"] == "30"
    moodle, blackboard = table(grades / "moodle.csv"), table(grades / "blackboard.csv")
    for student, *found in zip(STUDENTS, canvas[1:], moodle, blackboard):
        points = wanted(student, platform)
        assert [found[0][name] for name in ("ID", "SIS User ID", "SIS Login ID")] == [
            student.canvas,
            student.id,
            f"s{student.id}",
        ]
        assert (found[1]["ID number"], found[1]["Email address"]) == (student.id, student.email)
        assert found[1]["Identifier"] == f"Participant {student.id}7" and found[1]["Maximum Grade"] == "30"
        assert found[2]["Username"] == f"s{student.id}" and found[2]["Student ID"] == student.id
        assert [found[0]["Homework 1 (77)"], found[1]["Grade"], found[2]["Homework 1 (77) [Total Pts: 30 Score]"]] == [
            points
        ] * 3


def test_everybody_gets_their_own_feedback_and_nobody_elses_name(run, tmp_path):
    run(PLATFORMS["canvas"](tmp_path / "export"))
    feedback = tmp_path / "grades" / "feedback"
    names = {path.name for path in feedback.iterdir()}
    assert names == {f"{student.id}.{end}" for student in STUDENTS for end in ("html", "md")}
    for student in STUDENTS:
        for end in ("html", "md"):
            text = (feedback / f"{student.id}.{end}").read_text()
            assert not [other.id for other in STUDENTS if other is not student and other.id in text]
            others = {word for other in STUDENTS for word in (other.first, other.last) if len(word) > 4}
            assert not [name for name in others - {student.first, student.last} if name in text]
            assert f"{wanted(student, 'canvas')} of 30 points" in text
            assert "Beside the solution" not in text
            assert ("the mask is shifted" in text) == (student.id in WRONG)
    assert "late; Canvas does not say how late" in (feedback / f"{LATE}.md").read_text()
    run(tmp_path / "export", "--with-solution")
    assert "Beside the solution" in (feedback / "1006.html").read_text()
    assert "Beside the solution" not in (feedback / "1001.html").read_text()


def test_a_second_run_says_what_changed_for_whom_and_why(run, tmp_path):
    folder = PLATFORMS["folders"](tmp_path / "export")
    assert "Changed" not in run(folder)
    assert "Changed" not in run(folder)
    place = folder / "submissions" / "homework 1"
    classes.write([(place / "1019" / "step_01.py", "# 1019"), (place / "1001" / "step_02.py", "# 1006")])
    for path in (place / "1019" / "step_01.py", place / "1001" / "step_02.py"):
        os.utime(path, (1795003200, 1795003200))  # in time
    with open(tmp_path / "grades" / "overrides.csv", "a") as file:
        file.write("1007,,25,Talked about it\n")
    output = run(folder)
    assert "Changed since the last run: 3" in output
    assert "Ada Lovelace (1001): 30 → 10: step 02 has changed: 0 of 1 checks pass, 1 of 1 did" in output
    assert "Łukasz Żak (1007): 10 → 25: by hand: 25 points by hand: Talked about it" in output
    assert "Tim Absent (1019): 0 → 10: graded, was absent; step 01 is there now" in output
    assert "Changed since the last run" in (tmp_path / "grades" / "index.html").read_text()
    assert "Changed" not in run(folder)
    (row,) = [row for row in table(tmp_path / "grades" / "gradebook.csv") if row["id"] == "1007"]
    assert row["points"] == "25" and "by hand: Talked about it" in row["remarks"]


@pytest.mark.parametrize(("rule", "attempt"), [("last", 2), ("first", 1), ("best", 1)])
def test_which_attempt_counts_is_said(run, tmp_path, monkeypatch, rule, attempt):
    monkeypatch.setitem(globals(), "WRONG", {"1003 attempt 2"})
    (tmp_path / "points.toml").write_text(POINTS + f'attempt = "{rule}"\n')
    run(PLATFORMS["canvas"](tmp_path / "export"))
    (row,) = [row for row in table(tmp_path / "grades" / "gradebook.csv") if row["id"] == TWICE]
    assert (row["attempt"], row["points"]) == (f"{attempt} of 2", "10" if attempt == 2 else "30")


def test_the_reference_solution_handed_in_is_said(run, tmp_path):
    folder = PLATFORMS["folders"](tmp_path / "export")
    place = folder / "submissions" / "homework 1" / "1001"
    classes.write((place / f"step_{step:02}.py", read_source(solution_path(step))) for step in (1, 2))
    for path in place.iterdir():
        os.utime(path, (1795003200, 1795003200))  # in time
    said = "the reference solution itself, with its markers and hints: steps 01, 02"
    assert f"Ada Lovelace (1001): {said}" in run(folder)
    assert said in (tmp_path / "grades" / "index.html").read_text()
    assert said in (tmp_path / "grades" / "gradebook.csv").read_text(encoding="utf-8-sig")
    assert "reference" not in (tmp_path / "grades" / "feedback" / "1001.html").read_text()


def test_without_a_roster_there_is_no_gradebook_and_all_is_as_it_was(tmp_path):
    for name in ("ada", "bob"):
        classes.write([(tmp_path / "class" / name / "step_01.py", name)])
    arguments = ["grade", str(tmp_path / "class"), "--out", str(tmp_path / "grades"), "--no-sandbox", "--steps", "1,14"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    rows = table(tmp_path / "grades" / "grades.csv")
    assert [list(row.values()) for row in rows] == [
        ["ada", "1", "2", "1 of 1", "", ""],
        ["bob", "1", "2", "1 of 1", "", ""],
    ]
    assert not (tmp_path / "grades" / "gradebook.csv").exists() and not (tmp_path / "grades" / "feedback").exists()
    assert len(json.loads((tmp_path / "grades" / "grades.json").read_text())["submissions"]) == 2


def test_an_extension_of_the_roster_counts(run, tmp_path):
    folder = PLATFORMS["gradescope"](tmp_path / "export")
    lines = (tmp_path / "roster.csv").read_text(encoding="utf-8-sig").splitlines()
    rows = [f"{line},{'2 days' if LATE in line else ''}" for line in lines[2:]]
    (tmp_path / "roster.csv").write_text("\n".join([lines[0] + ",Extension", *rows]))
    run(folder)
    points = {row["id"]: row["points"] for row in table(tmp_path / "grades" / "gradebook.csv")}
    assert points[LATE] == "30" and len(points) == len(PRESENT) + len(ABSENT) + 1


def test_copies_are_shown_beside_each_other_and_go_to_dolos_and_jplag(run, tmp_path):
    folder = PLATFORMS["folders"](tmp_path / "export")
    place = folder / "submissions" / "homework 1"
    classes.write([(place / "1001" / "step_01.py", ADA), (place / "1009" / "step_01.py", COPY)])
    classes.write([(tmp_path / "2025" / "old homework" / "step_01.py", DISGUISED)])
    classes.write(
        [(tmp_path / "2025" / "broken" / "step_1.py", ADA), (tmp_path / "2025" / "other" / "step_02.py", BOB)]
    )
    output = run(folder, "--against", str(tmp_path / "2025"))
    assert "Not compared: 2025/broken: " in output and "expected step_01.py" in output
    alike = tmp_path / "grades" / "alike"
    found = {(row["one"], row["other"]): row for row in table(alike / "pairs.csv")}
    assert set(found) == {("1001", "1009"), ("1001", "2025/old homework"), ("1009", "2025/old homework")}
    assert found["1001", "1009"]["steps"] == "01: 100 %"
    page = (alike / found["1001", "1009"]["page"]).read_text()
    assert "return [power / total for power in powers]" in page and "return [power / total for power in exps]" in page
    assert "Ada Lovelace (1001) and Björk Guðmundsdóttir (1009)" in page

    with zipfile.ZipFile(alike / "dolos" / "step_01.zip") as archive:
        info = list(csv.DictReader(io.StringIO(archive.read("info.csv").decode())))
        assert {row["filename"] for row in info} == set(archive.namelist()) - {"info.csv"}
        assert [row["filename"] for row in info if row["ignored"] == "true"] == ["skeleton.py"]
        texts = {row["full_name"]: archive.read(row["filename"]).decode() for row in info}
    assert texts["1001"] == ADA and texts["2025/old homework"] == DISGUISED
    assert {row["full_name"]: row["label"] for row in info}["2025/old homework"] == "earlier"
    assert all(
        re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}", r["created_at"])
        for r in info
        if r["label"] == "class"
    )
    assert len(list((alike / "jplag" / "class").iterdir())) == len(PRESENT) + 1
    assert {path.name for path in (alike / "jplag" / "earlier").rglob("*.py")} == {"step_01.py", "step_02.py"}
    assert "NotImplementedError" in (alike / "jplag" / "skeleton" / "step_01.py").read_text()
    run(folder)
    assert len(list(alike.glob("pair-*.html"))) == 1 and not (alike / "jplag" / "earlier").exists()


def test_who_has_worked_in_a_group_is_not_told_as_a_copy(run, tmp_path):
    folder = PLATFORMS["gradescope"](tmp_path / "export")
    metadata = folder / "submission_metadata.yml"
    text = metadata.read_text()
    partner = "  - :name: Tim Absent\n    :sid: '1019'\n"
    first = text.index("  :created_at")
    metadata.write_text(text[:first] + partner + text[first:])
    classes.write([(folder / "submission_61234501" / "step_01.py", ADA)])
    run(folder)
    points = {row["id"]: row["points"] for row in table(tmp_path / "grades" / "gradebook.csv")}
    assert points["1019"] == points["1001"] == "30"
    assert table(tmp_path / "grades" / "alike" / "pairs.csv") == []
