"""How a check says that it was not passed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike


class CheckFailure(AssertionError):
    """A check that was not passed, in the words that the learner reads.

    ``observed`` is what came, in numbers, where the same mistake always gives the same ones:
    course.judging.recognition looks it up. ``comparison`` and ``shares`` are for the eye:
    course.judging.verdicts.Verdict says what they hold.
    """

    def __init__(
        self,
        expected: str,
        actual: str,
        help: str | None = None,
        observed: ArrayLike | None = None,
        comparison: Mapping[str, Any] | None = None,
        shares: Mapping[str, tuple[float, float]] | None = None,
    ) -> None:
        super().__init__(f"expected {expected}; got {actual}" + (f". {help}" if help else ""))
        self.expected = expected
        self.actual = actual
        self.help = help
        self.observed = None if observed is None else np.asarray(observed)
        self.comparison = comparison
        self.shares = shares


def input_changed() -> CheckFailure:
    """A step has written into a tensor that it was given."""
    return CheckFailure(
        "the tensor that was passed in, with its old values",
        "it with new values",
        "The caller still needs it: make a new tensor.",
    )
