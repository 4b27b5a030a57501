"""What is there for Gradescope, PrairieLearn, Classroom 50 and CI works in a clean copy, by its own entry scripts."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import jsonschema
import pytest
import yaml

from course.curriculum.files import copy_course
from course.curriculum.steps import ROOT, solution_path
from course.grading.trial import sandbox
from course.refusal import Refusal
from selftests.grading.test_export import CLASSROOM50, GRADESCOPE, PRAIRIELEARN

PLUGINS = ROOT / "course" / "grading" / "plugins"
LOCK = "requirements.lock"


@pytest.fixture
def copy():
    """A function that makes a clean copy of the course, with this environment for its .venv."""
    installed = Path(sys.prefix) / LOCK
    if not (installed.is_file() and installed.read_bytes() == (ROOT / LOCK).read_bytes()):
        pytest.skip("./run would install into this environment, which it has not made")

    def make(folder: Path) -> Path:
        copy_course(folder)
        (folder / ".venv").symlink_to(sys.prefix)
        return folder

    return make


def hand_in(folder: Path) -> None:
    """Step 01 is right, step 02 is wrong, and the others are not there."""
    folder.mkdir(parents=True)
    shutil.copy(solution_path(1), folder / "step_01.py")
    text = solution_path(2).read_text()
    (folder / "step_02.py").write_text(text.replace("exclude=True", "exclude=False"))


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("INIT_CWD", "PYTHONPATH")}
    return subprocess.run(command, cwd=folder, env=kept | environment, capture_output=True, text=True)


@pytest.fixture
def autograder(copy, tmp_path) -> Path:
    """The folder as Gradescope has it, once it has unpacked the zip file."""
    folder = tmp_path / "autograder"
    source = copy(folder / "source")
    for name in ("setup.sh", "run_autograder"):
        shutil.copy(PLUGINS / "gradescope" / name, source)
    shutil.copy(PLUGINS / "gradescope" / "run_autograder", folder)
    (folder / "results").mkdir()
    return folder


def graded(autograder: Path, **environment: str) -> dict:
    """What Gradescope finds after it has run the autograder."""
    ran = run(["./run_autograder"], autograder, AUTOGRADER=str(autograder), **environment)
    assert (autograder / "results" / "results.json").is_file(), ran.stderr
    return json.loads((autograder / "results" / "results.json").read_text())


def points(found: dict) -> list[tuple[float, float]]:
    jsonschema.validate(found, GRADESCOPE)
    return [(test["score"], test["max_score"]) for test in found["tests"]]


WANTED = [(1, 1), (0, 1)] + [(0, 1)] * 12


def test_gradescope(autograder):
    try:
        sandbox.refuse_without()
    except Refusal as error:
        pytest.skip(str(error))
    hand_in(autograder / "submission")
    found = graded(autograder)
    assert points(found) == WANTED and found["output"] == ""
    assert "step_14.py was not handed in" in found["tests"][13]["output"]


def test_gradescope_gets_the_grade_of_all_folders(autograder):
    hand_in(autograder / "submission" / "hw")
    (autograder / "submission" / "pictures").mkdir()
    (autograder / "submission" / "pictures" / "mask.png").touch()
    assert points(graded(autograder, PYTHONSAFEPATH="1")) == WANTED


def test_gradescope_where_there_can_be_no_sandbox(autograder, tmp_path):
    hand_in(autograder / "submission")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "bwrap").write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")
    (tmp_path / "bin" / "bwrap").chmod(0o755)
    found = graded(autograder, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert points(found) == WANTED
    assert "without a sandbox" in found["output"] and "Provisional" in found["output"]


def test_gradescope_hears_of_a_submission_that_is_none(autograder):
    (autograder / "submission").mkdir()
    (autograder / "submission" / "essay.txt").write_text("GPT-2 is a language model.")
    found = graded(autograder)
    assert found["score"] == 0 and "no verdict" in found["output"]


def test_gradescope_is_set_up(autograder, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "apt-get").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/installed\n')
    (tmp_path / "bin" / "apt-get").chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    ran = run(["sh", "setup.sh"], autograder / "source", PATH=path, AUTOGRADER=str(autograder))
    assert ran.returncode == 0 and "kernels are ready" in ran.stdout, ran.stderr
    assert "bubblewrap" in (tmp_path / "installed").read_text()


def test_gradescope_gets_a_zip_file_by_the_command_of_the_readme(tmp_path):
    if not (ROOT / ".git").exists():
        pytest.skip("the command needs git's history")
    (command,) = re.findall(r"^git archive .*", (PLUGINS / "README.md").read_text(), re.MULTILINE)
    command = command.replace("autograder.zip", str(tmp_path / "autograder.zip"))
    subprocess.run(shlex.split(command), cwd=ROOT, check=True)
    with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert all(modes[name] & 0o111 for name in ("setup.sh", "run_autograder", "run"))
    assert {"solutions/solution_01.py", "tests/test_step_01.py", LOCK} <= modes.keys()


def test_gradescopes_metadata_and_the_points_of_the_course_count(autograder):
    """It came a day late, by somebody with an extension of an hour."""
    hand_in(autograder / "submission")
    source = autograder / "source"
    (source / "points.toml").write_text(
        "[deadline]\ndue = 2026-11-19T12:00:00Z\nlate = 'constant'\npenalty = 0.5\nextensions = {1001 = '1 hour'}\n"
    )
    (source / "roster.csv").write_text("id,name,email\n1001,Ada Lovelace,ada@example.org\n")
    about = {
        "created_at": "2026-11-20T12:30:00.000000-00:00",
        "users": [{"email": "ada@example.org", "id": 7, "name": "Ada"}],
    }
    (autograder / "submission_metadata.json").write_text(json.dumps(about))
    found = graded(autograder)
    assert points(found) == WANTED
    assert found["score"] == 0.5 and "1 day late: 0.5 points less" in found["output"]


def test_prairielearn(copy, tmp_path):
    course, grade = copy(tmp_path / "course"), tmp_path / "grade"
    hand_in(grade / "student")
    options = json.loads((PLUGINS / "prairielearn" / "info.json").read_text())["externalGradingOptions"]
    entry = course / Path(options["entrypoint"]).relative_to("/course")
    ran = run([str(entry)], tmp_path, GRADE=str(grade), COURSE=str(course))
    found = json.loads((grade / "results" / "results.json").read_text())
    jsonschema.validate(found, PRAIRIELEARN)
    assert found["gradable"], ran.stderr
    assert [test["points"] for test in found["tests"]] == [1] + [0] * 13 and found["score"] == pytest.approx(1 / 14)


@pytest.mark.sandbox
def test_github_actions(copy, tmp_path):
    (job,) = yaml.safe_load((PLUGINS / "ci" / "github.yml").read_text())["jobs"].values()
    copy(tmp_path / "course")
    hand_in(tmp_path / "submission" / "steps")
    (step,) = [each for each in job["steps"] if each.get("name") == "Grade"]
    ran = run(["bash", "-e", "-c", step["run"]], tmp_path, GITHUB_STEP_SUMMARY=str(tmp_path / "summary"))
    assert ran.returncode == 0, ran.stderr
    report = tmp_path / job["steps"][-1]["with"]["path"]
    assert {path.name for path in report.iterdir()} == {"summary.md", "junit.xml", "grades.json"}
    for text in ((tmp_path / "summary").read_text(), (report / "summary.md").read_text()):
        assert (
            "**1 of 14 points.**" in text
            and "That is what you get when" in text
            and "num_upper=0, exclude=True" not in text
        )


def test_gitlab_ci(copy, tmp_path):
    job = yaml.safe_load((PLUGINS / "ci" / "gitlab.yml").read_text())["grade"]
    copy(tmp_path / "course")
    hand_in(tmp_path / "project" / "steps")
    ran = run(["sh", "-e", "-c", "\n".join(job["script"])], tmp_path / "project")
    assert ran.returncode == 0 and "**1 of 14 points.**" in ran.stdout, ran.stderr
    assert (tmp_path / "project" / job["artifacts"]["reports"]["junit"]).is_file()


def test_classroom_50(copy, tmp_path):
    bundle, checkout = tmp_path / "bundle", tmp_path / "checkout"
    copy(bundle / "course")
    shutil.copy(PLUGINS / "classroom50" / "autograder.py", bundle)
    hand_in(checkout / "steps")
    names = ("CLASSROOM", "ASSIGNMENT", "OWNER")
    urls = ("COMMIT_URL", "RELEASE_URL", "REVIEW_URL")
    environment = (
        dict.fromkeys(names, "x") | dict.fromkeys(urls, "https://example.org") | {"SUBMISSION_TAG": "submit/1"}
    )
    ran = run([sys.executable, str(bundle / "autograder.py")], checkout, **environment)
    assert ran.returncode == 0, ran.stderr
    found = json.loads((checkout / "result.json").read_text())
    jsonschema.validate(found, CLASSROOM50)
    assert (found["score"], found["max-score"]) == (1, 14)
    assert "**1 of 14 points.**" in (checkout / "release-body.md").read_text()
