"""What all tests of the course itself share."""

from course.judging.fixtures import device  # noqa: F401
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
