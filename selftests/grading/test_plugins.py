"""The folders for Gradescope and GitHub Classroom work in a clean copy of the course, by their own entry scripts."""

import base64
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
from selftests.grading.test_export import CLASSROOM, GRADESCOPE

PLUGINS = ROOT / "course" / "grading" / "plugins"
LOCK = "requirements.lock"
WORKFLOW = yaml.safe_load((PLUGINS / "classroom" / "classroom.yml").read_text())
(JOB,) = WORKFLOW["jobs"].values()


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


@pytest.mark.sandbox
def test_github_classroom(copy, tmp_path):
    copy(tmp_path / "course")
    hand_in(tmp_path / "submission" / "steps")
    (step,) = [each for each in JOB["steps"] if each.get("id")]
    ran = run(["bash", "-e", "-c", step["run"]], tmp_path, GITHUB_OUTPUT=str(tmp_path / "output"))
    assert ran.returncode == 0, ran.stderr
    name, _, value = (tmp_path / "output").read_text().strip().partition("=")
    reporter = JOB["steps"][-1]
    assert f"steps.{step['id']}.outputs.{name}" in reporter["env"][f"{reporter['with']['runners'].upper()}_RESULTS"]
    found = json.loads(base64.b64decode(value))
    jsonschema.validate(found, CLASSROOM)
    assert (found["status"], found["max_score"]) == ("fail", 14)
    assert [test["score"] for test in found["tests"]] == [1] + [0] * 13
    assert "that is what you get when" in found["tests"][1]["message"]
