"""Tries the checks on answers that are known to be wrong, and on answers that are known to be right.

    python -m tools.mistakes             makes every mistake of the catalogue, runs all checks of
                                         its step, and records which fail and what they observe in
                                         tests/mistakes/step_NN.npz
    python -m tools.mistakes --verify    writes nothing, and prints what is wrong: a mistake must
                                         fail its own check and be recognized there, an answer in
                                         tests/right/ must pass all checks of its step. With --json
                                         a line for every answer, whatever becomes of it

With numbers of steps it looks at these alone. One process runs them all, so that MAX and its kernels are loaded once.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from course import runtime

runtime.prepare()  # before anything imports MAX

import numpy as np  # noqa: E402
import pytest  # noqa: E402

from course.curriculum.catalogue import Answer, CatalogueError, Mistake, read_mistakes, read_right, recording_path  # noqa: E402
from course.curriculum.steps import ROOT, STEPS, checks_path, step_path  # noqa: E402
from course.judging.fixtures import SUBJECT  # noqa: E402
from course.judging.recognition import NAMES_LIMIT, observation, recognize, same  # noqa: E402
from course.judging.subject import LocalSubject  # noqa: E402
from course.proof.score import Outcome  # noqa: E402


class Failures:
    """A pytest plugin that keeps the exception of each test that fails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.by_check: dict[str, BaseException] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[SUBJECT] = LocalSubject(self.folder)

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        if call.excinfo:
            self.by_check.setdefault(item.name, call.excinfo.value)


def failures(answer: Answer, *checks: str) -> dict[str, BaseException]:
    """Run these checks on an answer, or all of its step. Returns the exceptions by check.

    Raises:
        CatalogueError: the answer cannot be made, or there are no such checks.
    """
    with tempfile.TemporaryDirectory() as folder:
        step_path(answer.step, Path(folder)).write_text(answer.source(), encoding="utf-8")
        tests = str(checks_path(answer.step))
        nodes = [f"{tests}::{check}" for check in checks] or [tests]
        seen = Failures(Path(folder))
        options = ["-p", "no:terminal", "-p", "no:cacheprovider", "--capture=no", f"--rootdir={ROOT}"]
        code = pytest.main([*options, *nodes], plugins=[seen])
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        raise CatalogueError(f"{answer.place}: no checks {', '.join(checks)}")
    return seen.by_check


def record(step: int) -> None:
    """Write what the checks of a step observe of each of its mistakes, where it is always the same."""
    observed = {}
    for mistake in read_mistakes(step):
        once = failures(mistake)
        again = failures(mistake, *once)
        observed[mistake.id] = np.array(sorted(always := once.keys() & again.keys()))
        for check in always:
            seen, seen_again = (observation(mistake, check, failed[check]) for failed in (once, again))
            if seen is not None and seen_again is not None and same(seen, seen_again):
                observed[f"{mistake.id}/{check}"] = seen
    np.savez_compressed(recording_path(step), **dict(sorted(observed.items())))  # in one order, for git
    count = len(read_mistakes(step))
    print(f"step {step:02}: {len(observed) - count} observations of {count} mistakes", flush=True)


def outcomes(steps: Iterable[int]) -> Iterator[Outcome]:
    """What becomes of every answer in the catalogue; a fault is one of the catalogue, or of the checks."""
    for step in steps:
        for answer in (*read_mistakes(step), *read_right(step)):
            attempt, failing = (try_wrong, "missed") if isinstance(answer, Mistake) else (try_right, "rejected")
            try:
                yield attempt(answer)
            except CatalogueError as error:
                yield Outcome(step, failing, str(error))


def try_wrong(mistake: Mistake) -> Outcome:
    """A mistake must fail its check, which must name it."""
    np.random.seed(14)  # a wrong temperature, too, is unlike itself once in a thousand times
    failed = failures(mistake, mistake.check)
    if not failed:
        return Outcome(mistake.step, "missed", f"{mistake.place}: passes {mistake.check}")
    named = [recognize(mistake.step, check, failure) for check, failure in failed.items()]
    if not any(mistake in known and len(known) <= NAMES_LIMIT for known in named):
        return Outcome(mistake.step, "caught", f"{mistake.place}: {mistake.check} does not name it")
    return Outcome(mistake.step, "named")


def try_right(answer: Answer) -> Outcome:
    """A right answer must pass every check."""
    if failed := failures(answer):
        told = "; ".join(f"{check}: {failure!r}" for check, failure in failed.items())
        return Outcome(answer.step, "rejected", f"{answer.place}: fails {told}")
    return Outcome(answer.step, "accepted")


def main() -> None:
    parser = argparse.ArgumentParser(description="Try the checks on answers that are known to be wrong or right.")
    parser.add_argument("steps", type=int, nargs="*", metavar="STEP", help="default: all")
    parser.add_argument("--verify", action="store_true")
    parser.add_argument("--json", action="store_true", help="with --verify")
    arguments = parser.parse_args()
    steps = arguments.steps or STEPS

    runtime.start()
    if arguments.verify:
        is_faulty = False
        for outcome in outcomes(steps):
            is_faulty = is_faulty or bool(outcome.fault)
            if arguments.json:
                print(json.dumps(asdict(outcome)), flush=True)
            elif outcome.fault:
                print(outcome.fault, flush=True)
        sys.exit(is_faulty)
    for step in steps:
        record(step)


if __name__ == "__main__":
    main()
