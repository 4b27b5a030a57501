"""The container file: its steps, run in a clean copy without a container engine, make a course that starts at once."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course.curriculum.steps import ROOT, solution_path

FOLDER = ROOT / ".devcontainer"


def instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", (FOLDER / "Dockerfile").read_text(), flags=re.MULTILINE)
    return [tuple(line.split(maxsplit=1)) for line in text.replace("\\\n", "").splitlines()]


@pytest.fixture
def built(tmp_path) -> Path:
    """The course's folder in the image. This environment is its .venv, and apt-get writes down what it is asked."""
    pytest.importorskip("distributed", reason="a step installs Dask, which is not there")
    lock = Path(sys.prefix) / "requirements.lock"
    if not (lock.is_file() and lock.read_bytes() == (ROOT / lock.name).read_bytes()):
        pytest.skip("./run would install into this environment, which it has not made")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "apt-get").write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/installed\n')
    (tmp_path / "bin" / "apt-get").chmod(0o755)
    course = tmp_path / "course"
    for name, rest in instructions():
        match name, rest.split():
            case "FROM", [image]:
                assert (3, 10) <= tuple(map(int, re.fullmatch(r"python:(\d+)\.(\d+)-slim", image).groups())) <= (3, 14)
            case "COPY", [".", "/course"]:
                ignored = (FOLDER / "Dockerfile.dockerignore").read_text().replace("**/", "").split()
                shutil.copytree(ROOT, course, ignore=shutil.ignore_patterns(*ignored))
                (course / ".venv").symlink_to(sys.prefix)
            case "WORKDIR", ["/course"]:
                assert course.is_dir()
            case "RUN", _:
                run(["sh", "-e", "-c", rest], course if course.is_dir() else tmp_path)
            case _:
                raise AssertionError(f"an instruction that this test does not know: {name} {rest}")
    return course


def run(command: list[str], folder: Path) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "INIT_CWD"}
    path = f"{folder.parent / 'bin'}:{folder / 'bin'}:{os.environ['PATH']}"
    ran = subprocess.run(command, cwd=folder, env=kept | {"PATH": path}, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_its_steps_make_a_course_that_starts_at_once(built):
    assert "bubblewrap" in (built.parent / "installed").read_text()
    shutil.copy(solution_path(2), built / "steps" / "step_02.py")
    assert "Step 02 is done" in run(["./run", "s02"], built)


def test_no_key_goes_into_it(built):
    """Whoever has the image could draw the inputs."""
    assert [name for name in (".course", ".git") if (built / name).exists()] == []


def test_a_devcontainer_takes_its_environment(built):
    about = json.loads((FOLDER / "devcontainer.json").read_text())
    assert (FOLDER / about["build"]["dockerfile"]).is_file()
    assert (FOLDER / about["build"]["context"]).resolve() == ROOT
    clone = built.parent / "clone"
    shutil.copytree(built, clone, ignore=shutil.ignore_patterns(".venv"))
    assert "kernels are ready" in run(["sh", "-c", about["postCreateCommand"].replace("/course", str(built))], clone)
