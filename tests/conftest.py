"""What the checks share: the step under test, the device that it runs on, and the fixtures."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from course.judging.case import Case, read_cases
from course.judging.fixtures import SUBJECT, device  # noqa: F401
from course.judging.subject import LocalSubject

FIXTURES = Path(__file__).parent / "fixtures"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "todo(*numbers): the TODOs of the step that the check proves")
    config.stash.setdefault(SUBJECT, LocalSubject(None))  # the solutions, where nobody has said anything else


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):
    """Let the operations of a check run together: that halves its time."""
    # pytest asks here about other tests, too.
    if FIXTURES.parent not in item.path.parents:
        return (yield)
    from course.runtime.gather import gathered

    with gathered():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item):
    """Whatever a check finds: if the step has written into its input, that comes first."""
    import compare  # which needs MAX

    compare.given.clear()
    try:
        result = yield
    except Exception:
        compare.assert_inputs_are_left()
        raise
    compare.assert_inputs_are_left()
    return result


@pytest.fixture(scope="module")
def step(request: pytest.FixtureRequest, device):
    """The module under test: test_step_NN.py checks step NN."""
    return request.config.stash[SUBJECT].load(int(request.path.stem[-2:]))


@pytest.fixture(scope="module")
def cases(request: pytest.FixtureRequest) -> list[Case]:
    """What the checks are about: the file's own KNOWN, one case or several, else those of fixtures/step_NN.npz.

    The first two share their sizes, and the others have other ones. In a trial there are as many as are drawn, and
    the submission knows nothing of them.
    """
    number = int(request.path.stem[-2:])
    known = getattr(request.module, "KNOWN", None)
    if known is None:
        known = read_cases(FIXTURES / f"step_{number:02}.npz")
    elif not isinstance(known, list):
        known = [Case(known)]
    return request.config.stash[SUBJECT].cases(number, known)


@pytest.fixture(scope="module")
def expected(cases: list[Case]) -> Case:
    """The first case, for checks that need no other."""
    return cases[0]


@pytest.fixture(scope="module")
def parameters(expected: Case) -> Mapping[str, np.ndarray]:
    """The parameters of the first case, by name."""
    return expected.parameters


@pytest.fixture(scope="module")
def config(expected: Case):
    """The configuration of the first case."""
    return expected.config
