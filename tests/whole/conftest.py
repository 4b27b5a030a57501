"""Checks that only a trial runs: each looks at everything that a step does at once, for inputs that are drawn."""

import numpy as np
import pytest

from course.judging.fixtures import SUBJECT


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """For the same file the same numbers each time; nobody knows them who has no key."""
    return request.config.stash[SUBJECT].rng(int(request.path.stem[-2:]))
