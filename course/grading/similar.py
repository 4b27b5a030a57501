"""Submissions that resemble each other, as a whole or in single steps: a place to look, and not a verdict.

They share fingerprints (course.grading.fingerprints). Those that many submissions have say nothing, and are left out.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from course.grading import texts
from course.grading.texts import Unread

COMMON = 0.25  # the share of submissions from which on a fingerprint says nothing
MANY = 50  # submissions from which on it does not, however large the class is
ENOUGH = {"code": 30, "text": 8}  # fingerprints that a pair must share: what people find by themselves is short
ALONE = 1.5  # times as much in one step, where the whole is not alike
LEAST = 0.7  # the similarity from which on a pair is listed, as a whole or for a step
LISTED = 100  # pairs that are told

Print = tuple[int, str, int]  # step, kind, fingerprint


@dataclass(frozen=True)
class Pair:
    """Two submissions that are alike.

    Attributes:
        similarity: the share of the smaller one's fingerprints that both have; of code or of text, the greater one.
        steps: the same of each step that is alike by itself.
        fragments: by step, the statements that are alike, side by side.
    """

    one: str
    other: str
    similarity: float
    steps: Mapping[int, float]
    fragments: Mapping[int, list[tuple[str, str]]] = field(default_factory=dict, compare=False)

    @property
    def most(self) -> float:
        return max(self.similarity, *self.steps.values(), 0.0)


def pairs(
    submissions: Mapping[str, Mapping[int, str]],
    earlier: Mapping[str, Mapping[int, str]] | None = None,
    together: Iterable[frozenset[str]] = (),
) -> list[Pair]:
    """The pairs that are worth a look, the most similar first.

    Args:
        submissions: the source text of each step, by the submissions' names.
        earlier: others, of former years, which are compared with these and not with each other.
        together: pairs that have handed in one work together.
    """
    everything = {**(earlier or {}), **submissions}
    prints = {name: _prints(steps) for name, steps in everything.items()}
    owners_of_all: dict[Print, list[str]] = defaultdict(list)
    for name, own in prints.items():
        for each in own:
            owners_of_all[each].append(name)
    most = min(MANY, max(2, COMMON * len(prints)))
    owners = {each: names for each, names in owners_of_all.items() if len(names) <= most}
    sizes = {name: Counter(_places(each for each in own if each in owners)) for name, own in prints.items()}
    shared: dict[tuple[str, str], list[Print]] = defaultdict(list)
    for each, names in owners.items():
        for pair in itertools.combinations(sorted(names), 2):
            if any(name in submissions for name in pair):
                shared[pair].append(each)
    apart = set(together)
    found = [_pair(*pair, common, sizes) for pair, common in shared.items() if frozenset(pair) not in apart]
    listed = sorted(filter(None, found), key=lambda pair: (-pair.most, pair.one, pair.other))[:LISTED]
    return [_with_fragments(pair, everything, shared[pair.one, pair.other]) for pair in listed]


def _pair(one: str, other: str, common: list[Print], sizes: Mapping[str, Counter]) -> Pair | None:
    """The pair, where it is alike enough."""
    counts = Counter(_places(common))

    def similarity(step: int | None, times: float = 1.0) -> float:
        """As a whole or in a step: 0 where too little is shared."""
        shares = [
            counts[step, kind] / min(sizes[one][step, kind], sizes[other][step, kind])
            for kind, enough in ENOUGH.items()
            if counts[step, kind] >= times * enough
        ]
        return max(shares, default=0.0)

    whole = similarity(None)
    times = 1.0 if whole >= LEAST else ALONE
    steps = {step: similarity(step, times) for step in sorted({step for step, _, _ in common})}
    steps = {step: share for step, share in steps.items() if share >= LEAST}
    return Pair(one, other, whole, steps) if whole >= LEAST or steps else None


def _with_fragments(pair: Pair, sources: Mapping[str, Mapping[int, str]], shared: list[Print]) -> Pair:
    """The pair with what is alike in its code; without, where that cannot be told."""
    asked = {
        step: (
            sources[pair.one][step],
            sources[pair.other][step],
            [each for at, kind, each in shared if at == step and kind == "code"],
        )
        for step in sorted({step for step, _, _ in shared})
    }
    try:
        return replace(pair, fragments=texts.fragments(asked))
    except Unread:
        return pair


def _places(prints: Iterable[Print]) -> Iterable[tuple[int | None, str]]:
    """Where each is counted: in its step, and in the whole."""
    for step, kind, _ in prints:
        yield step, kind
        yield None, kind


def _prints(steps: Mapping[int, str]) -> set[Print]:
    """The fingerprints of a submission; none of one whose text cannot be read, which its own page says."""
    try:
        return texts.prints(steps)
    except Unread:
        return set()
