"""Checks a step in this very process: the terminal is free for a debugger, which may take all the time it needs."""

import bdb
import os
from pathlib import Path
from typing import Any

import pytest

from course.curriculum.steps import checks_path
from course.judging.process import Recording, environment
from course.judging.runner import OPTIONS, Narrator
from course.judging.subject import LocalSubject


def debug(step: int, folder: Path, own: bool, *options: str) -> Recording:
    """Run the checks of a step, in which ``breakpoint()`` and ``input()`` have the terminal.

    Where somebody leaves the debugger with ``q``, no further check is run.

    Args:
        own: let the step stand on the earlier steps in the folder, not on the solutions.
        options: further ones, for pytest.

    Returns:
        What has happened, for ``course.judging.run.judge``.
    """
    for name in os.environ.keys() - environment().keys():
        del os.environ[name]
    happened = Recording()
    subject = LocalSubject(folder.resolve(), own)
    order = {"steps": [step], "skip": []}
    narrator = Narrator(happened.add, lambda step, check: None, subject.folder, subject, lambda: order)
    pytest.main([*OPTIONS, *options, str(checks_path(step))], plugins=[narrator, _AtTerminal()])
    happened.add("finished")
    return happened


class _AtTerminal:
    """A pytest plugin that runs nothing more when the debugger is left."""

    def __init__(self) -> None:
        self.is_left = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Any:
        if self.is_left:
            pytest.skip("the debugger was left")
        try:
            return (yield)
        except bdb.BdbQuit:
            self.is_left = True
            pytest.skip("the debugger was left here")
