"""Tries the checks on every solution with one operator, constant, name or argument changed.

    python -m tools.mutants [STEP ...]  runs the checks of each step on all mutants of its solution, and writes how
                                        many they catch, and which they do not, to tests/mutants.json

With numbers of steps it tries these alone, and keeps what is recorded of the others. What survives because it does
the same as the solution is in tests/mutants.toml, each with the reason. What cannot even be imported counts
nowhere. One process runs them all, so that MAX and its kernels are loaded once.
"""

import argparse
import json
import signal
import tempfile
from pathlib import Path
from typing import Any

from course import runtime

runtime.prepare()  # before anything imports MAX

from course.curriculum.steps import ROOT, STEPS, solution_path, step_path  # noqa: E402
from course.judging.subject import LocalSubject  # noqa: E402
from course.proof.mutants import RECORD, read_equivalent, read_mutants  # noqa: E402
from course.runtime import kernels  # noqa: E402
from tools.mistakes import try_checks  # noqa: E402
from tools.mutation import Mutant, mutants  # noqa: E402

TIMEOUT = 20.0  # seconds for all checks of one mutant; compiling kernels does not count


def is_importable(step: int, mutant: Mutant) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        step_path(step, Path(folder)).write_text(mutant.source, encoding="utf-8")
        try:
            LocalSubject(Path(folder)).load(step)
        except Exception:
            return False
    return True


def is_caught(step: int, mutant: Mutant) -> bool:
    """Whether a check fails, or does not end."""
    signal.setitimer(signal.ITIMER_REAL, TIMEOUT)
    try:
        return bool(try_checks(step, mutant.source, "--maxfail=1").failed)
    except TimeoutError:  # between two checks
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def try_mutants(step: int) -> dict[str, Any]:
    """What the checks of a step make of all its mutants."""
    equivalent = read_equivalent(step)
    tried = caught = 0
    survivors, mistaken = [], set(equivalent)
    for mutant in mutants(solution_path(step).read_text(encoding="utf-8")):
        if not is_importable(step, mutant):
            continue
        passes = not is_caught(step, mutant)
        if str(mutant) in equivalent:
            if passes:
                mistaken.discard(str(mutant))
            continue
        tried += 1
        caught += not passes
        if passes:
            survivors.append(str(mutant))
            print(f"step {step:02} survives: {mutant}", flush=True)
    return {"mutants": tried, "caught": caught, "survivors": survivors, "not equivalent": sorted(mistaken)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Try the checks on every mutant of the solutions.")
    parser.add_argument("steps", type=int, nargs="*", metavar="STEP", help="default: all")
    arguments = parser.parse_args()

    def late(*_: object) -> None:
        raise TimeoutError(f"not done after {TIMEOUT:g} s")

    runtime.start()
    signal.signal(signal.SIGALRM, late)
    kernels.on_compile(
        lambda kernel: signal.setitimer(signal.ITIMER_REAL, 0),
        lambda: signal.setitimer(signal.ITIMER_REAL, TIMEOUT),
    )
    found = read_mutants() if arguments.steps else {}
    for step in arguments.steps or STEPS:
        found[step] = made = try_mutants(step)
        print(f"step {step:02}: {made['caught']} of {made['mutants']} mutants caught", flush=True)
    recorded = {f"{step:02}": found[step] for step in sorted(found)}
    (ROOT / RECORD).write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
