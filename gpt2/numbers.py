"""What counts as a number where one is asked for: Python's and NumPy's numbers, but not truth values or texts."""

import math
from numbers import Integral, Real
from typing import Any


def is_whole(value: Any) -> bool:
    """Whether it is an integer. True and False are not, although Python calculates with them."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether it is a real number, which may be infinite or NaN."""
    return isinstance(value, Real) and not isinstance(value, bool)


def is_finite(value: Any) -> bool:
    """Whether it is a real number, neither infinite nor NaN."""
    return is_number(value) and math.isfinite(value)
