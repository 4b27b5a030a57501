"""Makes every mistake of the catalogue, runs its checks, and records what they observe.

    python -m tools.mistakes            writes tests/mistakes/step_NN.npz
    python -m tools.mistakes --verify   runs each one's own check only, and writes nothing: each
                                        mistake must fail there and be recognized

One process runs them all, so that MAX and its kernels are loaded once.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from course import runtime

runtime.prepare()  # before anything imports MAX

import numpy as np  # noqa: E402
import pytest  # noqa: E402
from course import kernels, mistakes  # noqa: E402
from course.todos import ROOT, STEPS, step_path  # noqa: E402


class Failures:
    """A pytest plugin that keeps the exception of each test that fails."""

    def __init__(self) -> None:
        self.by_check: dict[str, BaseException] = {}

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        if call.excinfo:
            self.by_check.setdefault(item.name, call.excinfo.value)


def failures(mistake: mistakes.Mistake, own_check_only: bool) -> dict[str, BaseException]:
    """Make a mistake and run the step's checks. Returns the exceptions by check."""
    with tempfile.TemporaryDirectory() as folder:
        step_path(mistake.step, Path(folder)).write_text(mistake.source(), encoding="utf-8")
        test = str(ROOT / "tests" / f"test_step_{mistake.step:02}.py")
        if own_check_only:
            test += f"::{mistake.check}"
        seen = Failures()
        options = ["-p", "no:terminal", "-p", "no:cacheprovider", "--capture=no", f"--rootdir={ROOT}"]
        pytest.main([*options, f"--steps={folder}", test], plugins=[seen])
    return seen.by_check


def record(step: int) -> None:
    """Write what the checks of a step observe of each of its mistakes, where it is always the same."""
    observed = {}
    for mistake in mistakes.read_mistakes(step):
        once, again = (failures(mistake, own_check_only=False) for _ in range(2))
        for check in once.keys() & again.keys():
            seen, seen_again = mistakes.observation(once[check]), mistakes.observation(again[check])
            if seen is not None and seen_again is not None and mistakes.same(seen, seen_again):
                observed[f"{mistake.id}/{check}"] = seen
    np.savez_compressed(mistakes.FOLDER / f"step_{step:02}.npz", **observed)
    print(f"step {step:02}: {len(observed)} observations of {len(mistakes.read_mistakes(step))} mistakes", flush=True)


def faults() -> Iterator[str]:
    """What is wrong with the catalogue."""
    for step in STEPS:
        for mistake in mistakes.read_mistakes(step):
            own = {
                check: failure
                for check, failure in failures(mistake, own_check_only=True).items()
                if check.split("[")[0] == mistake.check
            }
            if not own:
                yield f"step {step:02}, {mistake.id}: passes {mistake.check}"
            elif not any(mistake in mistakes.recognize(step, check, failure) for check, failure in own.items()) and any(
                mistakes.observation(failure) is not None for failure in own.values()
            ):
                yield f"step {step:02}, {mistake.id}: is not recognized by {mistake.check}"


def main() -> None:
    kernels.load(runtime.pick_device())
    if "--verify" in sys.argv:
        found = list(faults())
        print("\n".join(found) or f"{sum(len(mistakes.read_mistakes(step)) for step in STEPS)} mistakes are caught")
        sys.exit(bool(found))
    for step in STEPS:
        record(step)


if __name__ == "__main__":
    main()
