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

from course.curriculum.catalogue import (  # noqa: E402
    Answer,
    CatalogueError,
    Mistake,
    Recording,
    read_mistakes,
    read_right,
    write_recording,
)
from course.curriculum.steps import ROOT, STEPS, checks_path, step_path  # noqa: E402
from course.judging.fixtures import SUBJECT  # noqa: E402
from course.judging.recognition import name_mistake, observation, recognize, same  # noqa: E402
from course.judging.subject import LocalSubject  # noqa: E402
from course.proof.score import Outcome  # noqa: E402

SEED = 14  # of the first of the runs of a mistake, and of the one that verifies it
RUNS = 2  # of which all see the same, or chance has a hand in it
SAMPLED = {14: 4}  # more runs, where chance has one in any case


class Verdicts:
    """A pytest plugin that keeps of each check the exception, or None where it is passed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.by_check: dict[str, BaseException | None] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[SUBJECT] = LocalSubject(self.folder)

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        if call.excinfo or call.when == "call":
            self.by_check.setdefault(item.name, call.excinfo.value if call.excinfo else None)

    @property
    def failed(self) -> dict[str, BaseException]:
        return {check: error for check, error in self.by_check.items() if error}

    @property
    def passed(self) -> set[str]:
        return self.by_check.keys() - self.failed.keys()


def try_checks(step: int, source: str, *options: str) -> Verdicts:
    """Run the checks of a step on a text of it, with further options of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        step_path(step, Path(folder)).write_text(source, encoding="utf-8")
        seen = Verdicts(Path(folder))
        quiet = ["-p", "no:terminal", "-p", "no:cacheprovider", "--capture=no", f"--rootdir={ROOT}"]
        pytest.main([*quiet, *options, str(checks_path(step))], plugins=[seen])
    return seen


def record(step: int) -> None:
    """Write what the checks of a step observe of each of its mistakes, where it is always the same."""
    recordings = {}
    for mistake in read_mistakes(step):
        np.random.seed(SEED)
        runs = [try_checks(step, mistake.source()).failed for _ in range(SAMPLED.get(step, RUNS))]
        always, ever = set.intersection(*map(set, runs)), set.union(*map(set, runs))
        given = {check: [observation(run[check]) for run in runs] for check in always}
        seen = {check: each[0] for check, each in given.items() if all(same(other, each[0]) for other in each)}
        recordings[mistake.id] = Recording(always, ever - always, seen)
    write_recording(step, recordings)
    count = sum(len(each.seen) for each in recordings.values())
    print(f"step {step:02}: {count} observations of {len(recordings)} mistakes", flush=True)


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
    np.random.seed(SEED)  # a wrong temperature, too, is unlike itself once in a thousand times
    tried = try_checks(mistake.step, mistake.source())
    own = [check for check in tried.failed if check.split("[")[0] == mistake.check]
    if not own:
        return Outcome(mistake.step, "missed", f"{mistake.place}: passes {mistake.check}")
    names = [name for check, name in named(mistake.step, tried).items() if check in own and name]
    if not any(mistake.title in name for name in names):
        told = f" but says {names[0]!r}" if names else ""
        return Outcome(mistake.step, "caught", f"{mistake.place}: {mistake.check} does not name it{told}")
    return Outcome(mistake.step, "named")


def named(step: int, tried: Verdicts) -> dict[str, str | None]:
    """What each check that is not passed calls the mistake, as a learner reads it."""
    recognized = {check: recognize(step, check, error) for check, error in tried.failed.items()}
    return {check: name_mistake(step, check, recognized, tried.passed)[0] for check in recognized}


def try_right(answer: Answer) -> Outcome:
    """A right answer must pass every check."""
    if failed := try_checks(answer.step, answer.source()).failed:
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
