"""What the checks share: the step under test, the device that it runs on, and the fixtures."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from course.curriculum.sizes import SIZES
from course.judging.fixtures import AT_ONCE, SUBJECT, device  # noqa: F401
from course.judging.subject import LocalSubject

FIXTURES = Path(__file__).parent / "fixtures"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "todo(*numbers): the TODOs of the step that the check proves")
    config.stash.setdefault(SUBJECT, LocalSubject(None))  # the solutions, where nobody has said anything else


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):
    """Let the operations of a check run together: that halves its time."""
    # pytest asks here about other tests, too.
    if item.path.parent != FIXTURES.parent or item.config.stash.get(AT_ONCE, False):
        return (yield)
    from course.runtime.gather import gathered

    with gathered():
        return (yield)


@pytest.fixture(scope="module")
def step(request: pytest.FixtureRequest, device):
    """The module under test: test_step_NN.py checks step NN."""
    return request.config.stash[SUBJECT].load(int(request.path.stem[-2:]))


@pytest.fixture(scope="module")
def expected(request: pytest.FixtureRequest) -> Mapping[str, np.ndarray]:
    """Inputs, parameters and what must come out: the file's own KNOWN, else the arrays of fixtures/step_NN.npz.

    In a trial they are others, of which the submission knows nothing.
    """
    number = int(request.path.stem[-2:])
    known = getattr(request.module, "KNOWN", None)
    if known is None:
        with np.load(FIXTURES / f"step_{number:02}.npz") as arrays:
            known = dict(arrays)
    return request.config.stash[SUBJECT].inputs(number, known)


@pytest.fixture(scope="module")
def parameters(expected) -> Mapping[str, np.ndarray]:
    """The parameters among the expected arrays, by name."""
    return {name: array for name, array in expected.items() if name.endswith(("weight", "bias"))}


@pytest.fixture(scope="session")
def config():
    """The small GPT-2 that the fixtures come from."""
    from solutions.solution_01 import GPT2Config

    return GPT2Config(**SIZES)
