"""What all tests of the course itself share; and at the end how many were not run, and for want of what."""

import os
import tempfile
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

from course.grading.trial import sandbox
from course.judging.fixtures import device  # noqa: F401
from course.refusal import Refusal
from selftests.browser import browser, open_page  # noqa: F401 - once: two sessions of Playwright in one process fail
from selftests.checkpoints import (  # noqa: F401
    cached_model,
    folder,
    model,
    scripted,
    settings,
    shapes,
    stored_weights,
    write_checkpoint,
)
from selftests.hiding import path_without_programs

WITHOUT_PROGRAMS = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sandbox: the test runs submissions in the sandbox, and is skipped without one")
    links = tempfile.TemporaryDirectory()
    config.add_cleanup(links.cleanup)
    config.stash[WITHOUT_PROGRAMS] = path_without_programs(Path(links.name))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    try:
        sandbox.refuse_without()
    except Refusal as error:
        for item in items:
            if item.get_closest_marker("sandbox"):
                item.add_marker(pytest.mark.skip(reason=str(error)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Nobody but tests that use the sandbox or a browser finds what must be installed for these."""
    whole = os.environ["PATH"]
    if not (item.get_closest_marker("sandbox") or "browser" in item.fixturenames):
        os.environ["PATH"] = item.config.stash[WITHOUT_PROGRAMS]
    try:
        return (yield)
    finally:
        os.environ["PATH"] = whole


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", []))
    if reasons:
        terminalreporter.write_line(f"{reasons.total()} tests were not run:")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"  {count:4}: {reason.removeprefix('Skipped: ')}")
