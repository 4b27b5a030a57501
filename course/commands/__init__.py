"""The commands of the course. Each file registers its own with ``app``, in the order of ``./run --help``."""

from course.commands import learn, look, teach, write, train, read, maintain, make, bench  # noqa: F401, I001
from course.commands.app import app

__all__ = ["app"]
