"""Tests that use programs which have to be installed say so; all others are run without them, whatever is installed."""

import shutil
import subprocess
import sys

import pytest

from course.curriculum.steps import ROOT
from selftests.hiding import HIDDEN


def test_a_test_that_does_not_say_so_finds_no_program_that_has_to_be_installed():
    assert [name for name in HIDDEN if shutil.which(name)] == []
    assert shutil.which("sh")


@pytest.mark.sandbox
def test_a_test_that_says_so_finds_the_sandbox():
    assert shutil.which("bwrap")


def test_without_them_tests_are_skipped_and_the_report_says_why():  # it is itself run without them
    files = ["selftests/grading/test_sandbox.py", "selftests/grading/test_looks.py"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout
    assert "tests were not run:" in ran.stdout
    assert "bubblewrap, which is not installed" in ran.stdout and "there is no chromium" in ran.stdout
