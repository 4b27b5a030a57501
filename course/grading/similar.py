"""Submissions that resemble each other: a place to look, and not a verdict.

They share fingerprints (course.grading.fingerprints). Those that many submissions have say nothing, and are left out.
"""

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from course.grading import texts
from course.grading.texts import Unread

COMMON = 0.34  # the share of submissions from which on a fingerprint says nothing
ENOUGH = 12  # fingerprints that a pair must share
LEAST = 0.5  # the similarity from which on a pair is listed


@dataclass(frozen=True)
class Pair:
    """Two submissions, and the share of the smaller one's fingerprints that both have."""

    one: str
    other: str
    similarity: float


def pairs(submissions: Mapping[str, Mapping[int, str]]) -> list[Pair]:
    """The pairs that are worth a look, the most similar first.

    Args:
        submissions: the source text of each step, by the submissions' names.
    """
    prints = {name: _prints(steps) for name, steps in submissions.items()}
    counts = Counter(itertools.chain.from_iterable(prints.values()))
    most = max(2, COMMON * len(prints))
    prints = {name: {each for each in found if counts[each] <= most} for name, found in prints.items()}
    found = []
    for one, other in itertools.combinations(sorted(prints), 2):
        shared = len(prints[one] & prints[other])
        if shared >= ENOUGH and (similarity := shared / min(len(prints[one]), len(prints[other]))) >= LEAST:
            found.append(Pair(one, other, similarity))
    return sorted(found, key=lambda pair: -pair.similarity)


def _prints(steps: Mapping[int, str]) -> set[tuple[int, int]]:
    """The fingerprints of a submission; none of one whose text cannot be read, which its own page says."""
    try:
        return texts.prints(steps)
    except Unread:
        return set()
