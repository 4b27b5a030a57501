"""./run test installs the programs that tests need where nobody is asked for a password, and else says what to type."""

import os
import subprocess
import sys
import textwrap

import pytest

from course.proof import programs
from course.proof.programs import PROGRAMS, install_missing


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A system with stand-ins for its programs, which write down how they are called."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(programs.sys, "platform", "linux")

    class System:
        def __init__(self) -> None:
            self.log = tmp_path / "log"
            self.said: list[str] = []

        def add(self, name: str, script: str = "") -> None:
            path = tmp_path / name
            path.write_text(f"#!/bin/sh\necho {name} \"$@\" >>'{self.log}'\n{script}\n")
            path.chmod(0o755)

        def install(self) -> list[str]:
            self.said = []
            install_missing(self.said.append)
            return self.log.read_text().splitlines() if self.log.exists() else []

    return System()


def test_nothing_is_done_where_nothing_is_missing(system):
    for program in PROGRAMS:
        system.add(program.command)
    system.add("apt-get")
    assert system.install() == [] and system.said == []


def test_root_installs_with_apt(system, monkeypatch):
    monkeypatch.setattr(programs.os, "geteuid", lambda: 0)
    system.add("apt-get")
    ran = ["apt-get update", "apt-get install --yes --no-install-recommends bubblewrap chromium"]
    assert system.install() == ran
    what = "bwrap (the grader's sandbox) and chromium (the book in a browser)"
    assert system.said == [f"Installing {what}, for the tests: {' && '.join(ran)}"]


def test_only_what_is_missing_is_installed(system, monkeypatch):
    monkeypatch.setattr(programs.os, "geteuid", lambda: 0)
    system.add("apt-get")
    system.add("bwrap")
    assert system.install()[-1] == "apt-get install --yes --no-install-recommends chromium"


def test_sudo_is_used_where_it_asks_for_nothing(system):
    system.add("apt-get")
    system.add("sudo")
    assert system.install() == [
        "sudo -n true",
        "sudo -n apt-get update",
        "sudo -n apt-get install --yes --no-install-recommends bubblewrap chromium",
    ]


def test_where_a_password_is_wanted_the_line_to_type_is_said(system):
    system.add("apt-get")
    system.add("sudo", "exit 1")
    assert system.install() == ["sudo -n true"]
    assert system.said[0].endswith(
        "type: sudo apt-get update && sudo apt-get install --yes --no-install-recommends bubblewrap chromium"
    )


def test_an_installation_that_fails_says_why_and_the_tests_go_on(system, monkeypatch):
    monkeypatch.setattr(programs.os, "geteuid", lambda: 0)
    system.add("apt-get", "echo 'no such package' >&2; exit 100")
    assert system.install() == ["apt-get update"]
    assert system.said[-1] == "apt-get update ended with 100: no such package"


def test_another_system_is_told_what_is_missing(system):
    assert system.install() == []
    assert "bwrap" in system.said[0] and "chromium" in system.said[0]


def test_homebrew_installs_what_it_has(system, monkeypatch):
    monkeypatch.setattr(programs.sys, "platform", "darwin")
    system.add("brew")
    assert system.install() == ["brew install --cask chromium"]


def test_what_was_not_run_is_counted_by_what_was_missing(pytester_run):
    printed = pytester_run("""
        import pytest

        def test_one(): pass
        def test_two(): pytest.skip("needs a rainbow")
        @pytest.mark.skip(reason="needs a rainbow")
        def test_three(): pass
        @pytest.mark.sandbox
        def test_four(): pass
        """)
    assert "3 tests were not run:\n     2: needs a rainbow\n     1: bubblewrap cannot make a sandbox here" in printed


@pytest.fixture
def pytester_run(tmp_path):
    """A function that runs a test file beside our conftest.py, where bubblewrap can do nothing."""

    def run(code: str) -> str:
        (tmp_path / "test_them.py").write_text(textwrap.dedent(code))
        (tmp_path / "bwrap").write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "bwrap").chmod(0o755)
        (tmp_path / "conftest.py").write_text("from selftests.conftest import *\n")
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
            capture_output=True,
            text=True,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": os.environ.get("HOME", "/"), "PYTHONPATH": os.getcwd()},
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    return run
