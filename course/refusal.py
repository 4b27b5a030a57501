"""The one exception that means "no" to the person at the terminal."""

from collections.abc import Iterator
from contextlib import contextmanager


class Refusal(Exception):
    """What was asked for cannot be done; the message says why. The command line prints it, and exits with 2."""


@contextmanager
def refusing(*kinds: type[Exception]) -> Iterator[None]:
    """Turn exceptions of these kinds, whose messages are for a person, into a ``Refusal``."""
    try:
        yield
    except kinds as error:
        raise Refusal(str(error)) from error
