"""What reports call two mistakes that are made at once.

    python -m tools.pairs [--sample N] [STEP ...]
        combines the mistakes of a step by twos, as far as their edits do not overlap, runs the checks on N pairs of
        each step, evenly chosen (default: all), and prints how many get a true name, how many a false one, and which
    python -m tools.pairs --predict [STEP ...]
        runs nothing: tells from what is recorded of each of the two what comes

A name is true where it is the title of one of the two.
"""

import argparse
from collections.abc import Iterator
from contextlib import suppress
from itertools import combinations

from course import runtime

runtime.prepare()  # before anything imports MAX

from course.curriculum.catalogue import CatalogueError, Mistake, combined, read_mistakes, recording  # noqa: E402
from course.curriculum.steps import STEPS  # noqa: E402
from course.judging.recognition import explanations, same  # noqa: E402
from tools.mistakes import named, try_checks  # noqa: E402

Pair = tuple[Mistake, Mistake]


def pairs(step: int) -> Iterator[tuple[Pair, str]]:
    """The pairs of a step's mistakes whose edits do not overlap and whose titles differ, each with its file."""
    for one, other in combinations(read_mistakes(step), 2):
        if one.title != other.title:
            with suppress(CatalogueError):
                yield (one, other), combined(step, (one, other))


def predicted(pair: Pair) -> set[str]:
    """The titles that a report is to say, told from what is recorded of the two: nothing is run."""
    one, other = (recording(mistake.step)[mistake.id] for mistake in pair)
    step = pair[0].step
    checks = {check for each in recording(step).values() for check in each.always}
    failed: dict[str, list[str]] = {}
    for check in one.always | other.always:
        seen = [each.seen[check] for each in (one, other) if check in each.seen]
        alone = (check in one.always) != (check in other.always)
        failed[check] = [
            id
            for id, each in recording(step).items()
            if alone and seen and check in each.seen and same(seen[0], each.seen[check])
        ]
    known = (explanations(step, check, failed, checks - failed.keys()) for check in failed)
    return {mistake.title for each in known for mistake in each}


def observed(pair: Pair, source: str) -> set[str]:
    """The titles that the checks say of a file with both mistakes."""
    told = named(pair[0].step, try_checks(pair[0].step, source)).values()
    return {title for name in told if name for title in name.split(", or when ")}


def main() -> None:
    parser = argparse.ArgumentParser(description="See what reports call two mistakes that are made at once.")
    parser.add_argument("steps", type=int, nargs="*", metavar="STEP", help="default: all")
    parser.add_argument("--predict", action="store_true", help="from what is recorded: run nothing")
    parser.add_argument("--sample", type=int, metavar="N", help="pairs of each step; default: all")
    arguments = parser.parse_args()
    if not arguments.predict:
        runtime.start()
    total = true = false = 0
    for step in arguments.steps or STEPS:
        found = list(pairs(step))
        every = max(1, len(found) // arguments.sample) if arguments.sample else 1
        chosen = found[::every]
        counts = [0, 0]
        for pair, source in chosen:
            names = predicted(pair) if arguments.predict else observed(pair, source)
            wrong = names - {mistake.title for mistake in pair}
            counts[0] += bool(names - wrong)
            counts[1] += bool(wrong)
            if wrong and not arguments.predict:
                print(f"step {step:02}, {pair[0].id} and {pair[1].id}: {'; '.join(sorted(wrong))}", flush=True)
        print(
            f"step {step:02}: {len(chosen)} of {len(found)} pairs,"
            f" {counts[0]} get a true name, {counts[1]} a false one",
            flush=True,
        )
        total, true, false = total + len(chosen), true + counts[0], false + counts[1]
    print(f"all: {total} pairs, {true} get a true name, {false} a false one")


if __name__ == "__main__":
    main()
