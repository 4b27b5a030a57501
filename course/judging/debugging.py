"""Checks a step in this very process: the terminal is free for a debugger, and there is all the time that one takes."""

import bdb
import os
from pathlib import Path
from typing import Any

import pytest

from course.curriculum.steps import checks_path
from course.judging.fixtures import AT_ONCE
from course.judging.process import Recording, environment
from course.judging.runner import OPTIONS, Narrator
from course.judging.subject import LocalSubject


def debug(step: int, folder: Path, own: bool) -> Recording:
    """Run the checks of a step, in which ``breakpoint()`` and ``input()`` have the terminal.

    Where somebody leaves the debugger with ``q``, no further check is run.

    Args:
        own: let the step stand on the earlier steps in the folder, not on the solutions.

    Returns:
        What has happened, for ``course.judging.run.judge``.
    """
    for name in os.environ.keys() - environment().keys():
        del os.environ[name]
    happened = Recording()
    subject = LocalSubject(folder.resolve(), own)
    narrator = Narrator(happened.add, lambda step: None, subject.folder, subject, lambda: {"steps": [step], "skip": []})
    pytest.main([*OPTIONS, str(checks_path(step))], plugins=[narrator, _AtTerminal(happened)])
    happened.add("finished")
    return happened


class _AtTerminal:
    """A pytest plugin that lets a debugger show values, and runs nothing more when it is left."""

    def __init__(self, happened: Recording) -> None:
        self.happened = happened
        self.is_left = False

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[AT_ONCE] = True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Any:
        if self.is_left:
            pytest.skip("the debugger was left")
        try:
            return (yield)
        except bdb.BdbQuit:
            self.is_left = True
            pytest.skip("the debugger was left here")
