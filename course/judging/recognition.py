"""Recognizing mistakes: a learner's values are compared with what each known mistake gives, and nothing is run.

A mistake is named only where it explains all that came: it fails the checks that were not passed and no others, and
gives in each of them what came there. Where none does, two may together: each is named where it alone is to be seen.
No name is better than a false one.
"""

from collections.abc import Collection, Mapping, Set

import numpy as np

from course.curriculum.catalogue import CRASH, Mistake, Observation, read_mistakes, recording
from course.judging.failure import CheckFailure

NAMES_LIMIT = 3  # more mistakes than these are no help
ENOUGH = 2  # checks that see a mistake alone, where whatever was done besides is nowhere seen alone


def recognize(step: int, check: str, failure: BaseException) -> list[str]:
    """The ids of the mistakes that fail this check with what came in this failure.

    Args:
        check: the test's name with its parameters, as in pytest's node id.
    """
    seen = observation(failure)
    return [
        id for id, recorded in recording(step).items() if check in recorded.seen and same(seen, recorded.seen[check])
    ]


def explanations(step: int, check: str, failed: Mapping[str, Collection[str]], passed: Set[str]) -> list[Mistake]:
    """The mistakes that explain a failed check and all others; none where they are too many to help.

    Args:
        failed: for each check that was not passed the ids of the mistakes that it recognized.
        passed: the names of the checks that were passed. Who has passed one has not made the
            mistakes that fail it. Checks that were not run are in neither.
    """
    all_ = read_mistakes(step)
    left = [mistake for mistake in all_ if explains(mistake, failed, passed) and is_telling(mistake, check)]
    if not left and not any(explains(mistake, failed, passed) for mistake in all_):
        left = [mistake for mistake in in_pairs(step, check, failed) if is_telling(mistake, check)]
        left = left if len({mistake.title for mistake in left}) == 1 else []  # of two there may be too many
    titles = dict.fromkeys(mistake.title for mistake in left)  # a mistake may be known in several ways of writing it
    return left if len(titles) <= NAMES_LIMIT else []


def in_pairs(step: int, check: str, failed: Mapping[str, Collection[str]]) -> list[Mistake]:
    """The mistakes that explain a failed check where two of them, made at once, explain all that came.

    What one of the two fails alone must have come as it gives it; where both fail anything may come. The other one
    must be seen alone as well, or this one in several checks.
    """
    known = recording(step)
    fails = {id: recorded.always | recorded.sometimes for id, recorded in known.items()}
    possible = [
        mistake for mistake in read_mistakes(step) if mistake.id in known and known[mistake.id].always <= failed.keys()
    ]

    def seen_alone(one: Mistake, other: Mistake) -> int | None:
        """In how many checks that the other passes it is seen; None where one of them sees something else."""
        alone = (fails[one.id] - fails[other.id]) & failed.keys()
        return len(alone) if all(one.id in failed[name] for name in alone) else None

    def explain(one: Mistake, other: Mistake) -> bool:
        mine, others = seen_alone(one, other), seen_alone(other, one)
        is_all = failed.keys() <= fails[one.id] | fails[other.id]
        return is_all and mine is not None and others is not None and (mine >= ENOUGH or others > 0)

    return [
        one
        for one in possible
        if one.id in failed[check] and any(check not in fails[other.id] and explain(one, other) for other in possible)
    ]


def name_mistake(
    step: int, check: str, failed: Mapping[str, Collection[str]], passed: Set[str]
) -> tuple[str | None, str | None]:
    """What to call the mistakes that explain a failed check and all others, and the lesson where it is one alone."""
    return called(explanations(step, check, failed, passed))


def called(mistakes: Collection[Mistake]) -> tuple[str | None, str | None]:
    """What a learner is told of mistakes: their titles, and the lesson where they share one title."""
    titles = dict.fromkeys(mistake.title for mistake in mistakes)
    return ", or when ".join(titles) or None, next(iter(mistakes)).lesson if len(titles) == 1 else None


def explains(mistake: Mistake, failed: Mapping[str, Collection[str]], passed: Set[str]) -> bool:
    """Whether a mistake alone explains all that came: in its own check, and wherever else something came."""
    recorded = recording(mistake.step).get(mistake.id)
    return (
        recorded is not None
        and any(check.split("[")[0] == mistake.check for check in failed)
        and passed.isdisjoint(recorded.always)
        and all(
            mistake.id in ids or (check in recorded.always | recorded.sometimes and check not in recorded.seen)
            for check, ids in failed.items()
        )
    )


def is_telling(mistake: Mistake, check: str) -> bool:
    """Whether what a mistake gives in a check can tell it from others.

    Numbers can, if they are any. Words ("no error", "shape [2, 6]") fit many a mistake: they
    tell it in its own check alone, whose words its title has been written for. A crash never does.
    """
    seen = recording(mistake.step)[mistake.id].seen.get(check)
    if seen is None or seen.what == CRASH:
        return False
    if seen.value.dtype.kind == "U":
        return check.split("[")[0] == mistake.check
    return not (seen.value.dtype.kind == "f" and np.isnan(seen.value).all())


def observation(failure: BaseException) -> Observation:
    """What a failed check saw: numbers where there are any, else the words that the learner reads."""
    if not isinstance(failure, CheckFailure):
        return Observation(CRASH, np.array(""))
    if failure.observed is None:
        return Observation("", np.array(f"{failure.expected}: {failure.actual}"))
    return Observation(failure.comparison["what"] if failure.comparison else "", failure.observed)


def same(seen: Observation, given: Observation) -> bool:
    """Whether two observations are equal within rounding. Where all is 0, nothing is rounded."""
    if (seen.what, seen.value.shape, seen.value.dtype.kind) != (given.what, given.value.shape, given.value.dtype.kind):
        return False
    if given.value.dtype.kind != "f":
        return bool((seen.value == given.value).all())
    finite = np.abs(given.value[np.isfinite(given.value)])
    return np.allclose(
        seen.value, given.value, rtol=1e-4, atol=1e-5 * min(1.0, finite.max(initial=0.0)), equal_nan=True
    )
