"""What .vscode/launch.json starts runs: the check of the step that is open, and the file that is open."""

import json
import os
import re
import subprocess
import sys

import pytest

from course.curriculum.steps import ROOT, solution_path, step_path


def launches() -> dict[str, dict]:
    """The configurations by their names. VS Code reads JSON with comments."""
    text = (ROOT / ".vscode" / "launch.json").read_text(encoding="utf-8")
    settings = json.loads(re.sub(r"^\s*//.*", "", text, flags=re.MULTILINE))
    return {each["name"]: each for each in settings["configurations"]}


@pytest.fixture
def launch(copy):
    """Runs a configuration for a file, as VS Code's debugger does with .venv's Python, in a copy of the course."""

    def launch(name, path):
        values = {
            "${workspaceFolder}": str(copy),
            "${file}": str(path),
            "${fileDirname}": str(path.parent),
            "${fileBasenameNoExtension}": path.stem,
        }
        settings = launches()[name]
        arguments = [values.get(each, each) for each in settings["args"]]
        assert not any("${" in each for each in arguments)
        return subprocess.run(
            [sys.executable, "-m", settings["module"], *arguments],
            cwd=values[settings["cwd"]],
            env={**os.environ, "NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    return launch


def test_the_step_that_is_open_is_checked_in_the_debuggers_own_process(launch, copy):
    path = step_path(8, copy / "steps")
    path.write_text(f"import os\nprint('process', os.getpid(), os.getppid())\n{solution_path(8).read_text()}")
    ran = launch("Check this step", path)
    assert "Step 08 is done" in ran.stdout, ran.stderr
    assert int(re.search(r"process \d+ (\d+)", ran.stdout)[1]) == os.getpid()


def test_the_file_that_is_open_runs_with_what_it_imports(launch, copy):
    ran = launch("Run this file", step_path(8, copy / "steps"))
    assert (ran.returncode, ran.stderr) == (0, "")


def test_every_configuration_is_tried():
    assert launches().keys() == {"Check this step", "Run this file"}
