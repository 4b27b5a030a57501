"""What all tests of the course itself share; and at the end how many were not run, and for want of what."""

from collections import Counter

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


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sandbox: the test runs submissions in the sandbox, and is skipped without one")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    try:
        sandbox.refuse_without()
    except Refusal as error:
        for item in items:
            if item.get_closest_marker("sandbox"):
                item.add_marker(pytest.mark.skip(reason=str(error)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", []))
    if reasons:
        terminalreporter.write_line(f"{reasons.total()} tests were not run:")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"  {count:4}: {reason.removeprefix('Skipped: ')}")
