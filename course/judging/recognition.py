"""Recognizing mistakes: a learner's values are compared with what each known mistake gives, and nothing is run.

A mistake is named only where what came is the same, and where it fails no check that was passed. Where several give
the same, those are named that give what came in the other checks too.
"""

from collections.abc import Collection, Mapping, Set

import numpy as np

from course.curriculum.catalogue import Mistake, read_mistakes, recording
from course.judging.failure import CheckFailure

NAMES_LIMIT = 3  # more mistakes than these are no help


def recognize(step: int, check: str, failure: BaseException) -> list[Mistake]:
    """The mistakes that fail this check with what came in this failure.

    Args:
        check: the test's name with its parameters, as in pytest's node id.
    """
    recorded = recording(step)
    return [
        mistake
        for mistake in read_mistakes(step)
        if (given := recorded.get(f"{mistake.id}/{check}")) is not None
        and (seen := observation(mistake, check, failure)) is not None
        and same(seen, given)
    ]


def name_mistake(
    step: int, check: str, failed: Mapping[str, Collection[str]], passed: Set[str]
) -> tuple[str | None, str | None]:
    """What to call the mistakes that a failed check recognized, and the lesson where it is one alone.

    Where another failed check saw something else than what a mistake gives there, it is another
    mistake, or there is more than one: then only the mistake's own check names it.

    Args:
        failed: for each failed check the ids of the mistakes that it recognized.
        passed: the names of the checks that were passed. Who has passed one has not made the
            mistakes that fail it.
    """
    recorded = recording(step)
    possible = [
        mistake
        for mistake in read_mistakes(step)
        if mistake.id in failed[check] and passed.isdisjoint(recorded[mistake.id])
    ]
    left = [
        mistake
        for mistake in possible
        if all(mistake.id in ids for other, ids in failed.items() if f"{mistake.id}/{other}" in recorded)
    ] or [mistake for mistake in possible if mistake.check == check.split("[")[0]]
    if not 1 <= len(left) <= NAMES_LIMIT:
        return None, None
    return ", or when ".join(mistake.title for mistake in left), left[0].lesson if len(left) == 1 else None


def observation(mistake: Mistake, check: str, failure: BaseException) -> np.ndarray | None:
    """What a failed check saw that can tell this mistake from others. None where nothing can.

    Numbers can, if they are any. Words ("no error", "shape [2, 6]") fit many a mistake: they
    count for the mistake's own check alone, whose words its title has been written for.
    """
    if not isinstance(failure, CheckFailure):  # but a crash
        return None
    if (observed := failure.observed) is not None:
        return None if observed.dtype.kind == "f" and np.isnan(observed).all() else observed
    if check.split("[")[0] != mistake.check:
        return None
    return np.array(f"{failure.expected}: {failure.actual}")


def same(seen: np.ndarray, given: np.ndarray) -> bool:
    """Whether two observations are equal within rounding."""
    if seen.shape != given.shape or seen.dtype.kind != given.dtype.kind:
        return False
    if seen.dtype.kind == "U":
        return bool(seen == given)
    return np.allclose(seen, given, rtol=1e-4, atol=1e-5, equal_nan=True)
