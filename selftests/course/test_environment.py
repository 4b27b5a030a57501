"""An environment of its own is made once for its packages, and one that cannot be made leaves nothing behind."""

import shutil
import subprocess
from collections import namedtuple
from pathlib import Path

import pytest

from course import environment as module
from course.environment import python_with
from course.refusal import Refusal

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def calls(monkeypatch):
    """What would have been run. Of venv only the folder is made, and a program that is named in ``failing`` fails."""

    class Calls(list):
        failing = ()

        def run(self, command, **settings):
            self.append(command := [str(word) for word in command])
            if "venv" in command:
                (Path(command[-1]) / "bin").mkdir(parents=True, exist_ok=True)
            if any(name in command for name in self.failing):
                raise subprocess.CalledProcessError(1, command, stderr="a warning\n\nno route to host\nasked in vain\n")

    calls = Calls()
    monkeypatch.setattr(module.subprocess, "run", calls.run)
    monkeypatch.setattr(module.shutil, "which", lambda name, path: f"/bin/{name}")
    return calls


def test_an_environment_is_made_once_for_its_requirements(calls, tmp_path):
    environment = tmp_path / "new" / "environment"
    for requirements in (["one==1"], ["one==1"], ["one==2"]):
        assert python_with(requirements, environment) == str(environment / "bin/python")
    assert [call[-1] for call in calls if "install" in call] == ["one==1", "one==2"]


def test_where_uv_fails_pip_is_asked(calls, tmp_path):
    calls.failing = ["/bin/uv"]
    python_with(["one==1"], tmp_path / "environment")
    assert [call[0] for call in calls if "install" in call] == ["/bin/uv", str(tmp_path / "environment/bin/python")]


def test_without_a_network_it_says_so_and_begins_anew_the_next_time(calls, tmp_path):
    calls.failing = ["install"]
    with pytest.raises(Refusal, match=r"one==1 cannot be installed\. Is there a network\? no route to host"):
        python_with(["one==1"], tmp_path / "environment")
    assert list(tmp_path.iterdir()) == []
    calls.failing = []
    python_with(["one==1"], tmp_path / "environment")


def test_a_full_disk_is_said_before_anything_is_installed(calls, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(10**12, 10**12 - 3 * 10**8, 3 * 10**8))
    with pytest.raises(Refusal, match=r"one==1 may need 2 GB in .*environment, where 0\.3 GB are free"):
        python_with(["one==1"], tmp_path / "environment")
    assert calls == []
