"""What every test that runs MAX shares: a process that is ready for it, and the device."""

import os

from course import runtime

runtime.prepare()  # before anything imports MAX

import max.experimental.nn  # noqa: E402, F401
import pytest  # noqa: E402
from max.driver import Device  # noqa: E402

# That import hands MAX's own Python to every process that is started from here: take it back.
for name in ("PYTHONEXECUTABLE", "PYTHONPATH"):
    if name in os.environ:
        os.putenv(name, os.environ[name])
    else:
        os.unsetenv(name)


@pytest.fixture(scope="session")
def device() -> Device:
    """The device that the tests run on, with the course's kernels loaded."""
    chosen = runtime.pick_device()
    from course.runtime import kernels

    kernels.load(chosen)
    return chosen
