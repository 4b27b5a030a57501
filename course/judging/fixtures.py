"""What every test that runs MAX shares: a process that is ready for it, and the device."""

import os

from course import runtime

runtime.prepare()  # before anything imports MAX

import max.experimental.nn  # noqa: E402, F401
import pytest  # noqa: E402
from max.driver import Device  # noqa: E402

from course.curriculum.steps import STEPS, checks_path, whole_path  # noqa: E402
from course.judging.subject import Subject  # noqa: E402

SUBJECT = pytest.StashKey[Subject]()  # in pytest's configuration: what the checks are run on

# That import hands MAX's own Python to every process that is started from here: take it back.
for name in ("PYTHONEXECUTABLE", "PYTHONPATH"):
    if name in os.environ:
        os.putenv(name, os.environ[name])
    else:
        os.unsetenv(name)


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> Device:
    """The device that the tests run on, with the kernels loaded: for checks of steps alone, those of the steps."""
    checks = {path: step for step in STEPS for path in (checks_path(step), whole_path(step))}
    paths = {item.path for item in request.session.items}
    steps = sorted({step for path, step in checks.items() if path in paths})
    chosen = runtime.pick_device()
    from course.runtime import kernels

    kernels.load(chosen, steps=steps if paths <= checks.keys() else None)
    return chosen
