"""The command ``grade`` refuses what makes no sense with the value, and says what it leaves behind."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course.curriculum.steps import ROOT, solution_path


@pytest.fixture
def class_(tmp_path: Path) -> Path:
    """A class of one, who has solved step 01."""
    folder = tmp_path / "class" / "ada"
    folder.mkdir(parents=True)
    shutil.copy(solution_path(1), folder / "step_01.py")
    return folder.parent


def grade(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command from the folder that the class's folder is in."""
    return subprocess.run(
        [sys.executable, "-m", "course", "grade", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "INIT_CWD": str(folder.parent), **environment},
    )


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["nobody"], "nobody"),
        (["class", "--steps", "99"], "'99' is not a step"),
        (["class", "--steps", "5-3"], "'5-3' ends before it begins"),
        (["class", "--steps", "x"], "'x' is not a step"),
        (["class", "--jobs", "0"], "Invalid value for '--jobs'"),
        (["class", "--total-timeout", "0"], "Invalid value for '--total-timeout'"),
        (["class", "--memory", "1"], "Invalid value for '--memory'"),
        (["class", "--scheduler", "host:8786"], "--scheduler host:8786: expected an address such as tcp://"),
        (["class", "--scheduler", "local", "--no-sandbox"], "--no-sandbox: a worker of --scheduler local judges"),
        (["class", "--score", "none.toml"], "none.toml: No such file"),
        (["class", "--score", "bad.toml"], "bad.toml: partial is true or false"),
    ],
    ids=["path", "step", "order", "word", "jobs", "total", "memory", "address", "no sandbox", "no file", "bad file"],
)
def test_what_makes_no_sense_is_refused(class_, arguments, named):
    (class_.parent / "bad.toml").write_text("points = 3\n")
    ran = grade(class_, *arguments)
    assert ran.returncode == 2 and named in ran.stderr and "Traceback" not in ran.stderr
    assert not (class_.parent / "grades").exists()


def test_without_bubblewrap_it_says_what_to_install(class_, tmp_path):
    ran = grade(class_, "class")  # which no test finds that does not say so
    assert ran.returncode == 2 and "apt install bubblewrap" in ran.stderr
    assert not (tmp_path / "grades").exists()


def test_without_a_sandbox_it_warns_and_grades(class_):
    ran = grade(class_, "class", "--no-sandbox", "--steps", "1-2")
    assert ran.returncode == 0 and "Without a sandbox a submission can" in ran.stderr
    assert "ada" in ran.stdout and "1 of 2" in ran.stdout
    grades = class_.parent / "grades"
    assert (grades / "index.html").is_file() and "ada" in (grades / "grades.csv").read_text()


def test_a_submission_that_cannot_be_graded_is_told(class_):
    (class_ / "empty").mkdir()
    ran = grade(class_, "class", "--no-sandbox", "--steps", "1")
    assert ran.returncode == 1 and "holds no step_NN.py" in ran.stdout and "1 of 1" in ran.stdout


def test_its_own_output_is_no_submission(class_):
    command = [sys.executable, "-m", "course", "grade", ".", "--no-sandbox", "--steps", "1"]
    tables = []
    for arguments in ([], ["--out", "marks"], []):
        ran = subprocess.run([*command, *arguments], cwd=ROOT, env={**os.environ, "INIT_CWD": str(class_)})
        assert ran.returncode == 0
        tables.append((class_ / (arguments or ["", "grades"])[1] / "grades.csv").read_text())
    assert tables[0] == tables[1] == tables[2]


def test_no_submission_ends_the_run_for_everybody(class_):
    """Each of these did: texts that a parser cannot take, and a pipe that nobody writes to."""
    right = solution_path(1).read_bytes()
    texts = {
        "digits": b"# TODO " + b"9" * 5000 + b": x\n" + right,
        "mac": right.replace(b"\n", b"\r") + b"x = 1;\r# c",
        "bytes": b"# coding: punycode\n\xff\0" + right,
        "deep": b"x = " + b"(" * 9999 + b"\n" + right,
    }
    for name, content in texts.items():
        (class_ / name).mkdir()
        (class_ / name / "step_01.py").write_bytes(content)
    os.mkfifo(class_ / "nobody.zip")
    ran = grade(class_, "class", "--no-sandbox", "--steps", "1", "--jobs", "2")
    assert ran.returncode == 1 and "Traceback" not in ran.stderr
    with open(class_.parent / "grades" / "grades.csv", encoding="utf-8-sig", newline="") as file:
        points = {row["submission"]: row["points"] for row in csv.DictReader(file)}
    assert points == {"ada": "1", "digits": "1", "mac": "1", "bytes": "0", "deep": "0", "nobody.zip": "0"}


def test_grades_among_the_submissions_are_refused(class_):
    ran = grade(class_, "class", "--no-sandbox", "--out", "class")
    assert ran.returncode == 2 and "--out class: the grades would be among the submissions" in ran.stderr
    assert [path.name for path in class_.iterdir()] == ["ada"]


def test_only_who_is_there_is_judged_again(class_):
    ran = grade(class_, "class", "--no-sandbox", "--steps", "1", "--again", "eve")
    assert ran.returncode == 2 and "--again eve: there is no such submission" in ran.stderr
