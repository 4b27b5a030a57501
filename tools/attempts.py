"""What a report makes of first attempts: those in tests/attempts/, as learners write them.

    python -m tools.attempts [STEP ...]          how many reports say what is wrong, and where, and which do not
    python -m tools.attempts STEP --show [ID]    the reports on a step's attempts, or on those whose id begins so

An attempt is an edit of the solution in the skeleton's frame, in which TODOs may still be open. ``says`` is a regular
expression: what the first lines of its report must say, in the learner's terms. ``todo`` is where it must send.
One process runs them all, so that MAX and its kernels are loaded once.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from course import runtime

runtime.prepare()  # before anything imports MAX

from course import toml  # noqa: E402
from course.curriculum.steps import ROOT, STEPS, solution_path, step_path  # noqa: E402
from course.curriculum.todos import skeleton  # noqa: E402
from course.judging.isolation import check_here, isolate  # noqa: E402
from course.judging.verdicts import StepResult  # noqa: E402
from course.terminal import console, verdicts  # noqa: E402

FOLDER = ROOT / "tests" / "attempts"
LINES = 20  # of a report, in which it must say what is wrong


@dataclass(frozen=True)
class Attempt:
    """A first attempt at a step, and what its report must say of it."""

    step: int
    id: str
    edits: tuple[tuple[str, str], ...]
    says: str
    todo: int
    open: tuple[int, ...] = ()

    def source(self) -> str:
        """The learner's file.

        Raises:
            ValueError: what an edit replaces is not in the file, or more than once.
        """
        solution = solution_path(self.step).read_text(encoding="utf-8")
        framed, todos = skeleton(solution, self.step)
        lines = framed.splitlines()
        for todo in reversed(todos):
            if todo.number not in self.open:
                after_task = todo.first_line - 1 + len(todo.task)
                lines[after_task : todo.last_line] = todo.code
        text = "\n".join(lines) + "\n"
        for old, new in self.edits:
            if text.count(old) != 1:
                raise ValueError(f"step {self.step:02}, {self.id}: {old!r} is {text.count(old)} times in the file")
            text = text.replace(old, new)
        return text


def read_attempts(step: int) -> list[Attempt]:
    """The attempts at one step."""
    path = FOLDER / f"step_{step:02}.toml"
    if not path.exists():
        return []
    entries = toml.loads(path.read_text(encoding="utf-8"))["attempt"]
    return [
        Attempt(
            step,
            entry["id"],
            tuple((old, new) for old, new in entry.get("edits", ())),
            entry["says"],
            entry["todo"],
            tuple(entry.get("open", ())),
        )
        for entry in entries
    ]


@dataclass(frozen=True)
class Report:
    """What a learner reads, and the result that it was made of."""

    text: str
    result: StepResult

    def faults(self, attempt: Attempt) -> list[str]:
        """What the report should do and does not."""
        beginning = " ".join(" ".join(self.text.splitlines()[:LINES]).split())
        found = []
        if not re.search(attempt.says, beginning):
            found.append(f"does not say {attempt.says!r}")
        sent = re.findall(r"Next: TODO (\d+)", " ".join(self.text.split()))
        if self.result.culprit != attempt.todo or sent != [str(attempt.todo)]:
            found.append(f"sends to TODO {self.result.culprit}, not to {attempt.todo}")
        return found


def report(attempt: Attempt) -> Report:
    """Check an attempt in this process, as a learner would, and print its report at 80 columns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        step_path(attempt.step, folder).write_text(attempt.source(), encoding="utf-8")
        (result,) = check_here(attempt.step, [folder], 1)
        assert result  # in this process every file is answered
        isolate(result, check_here)
        with console.out.capture() as printed:
            verdicts.show(result)
    return Report(printed.get(), result)


def main() -> None:
    parser = argparse.ArgumentParser(description="See what reports make of first attempts.")
    parser.add_argument("steps", type=int, nargs="*", metavar="STEP", help="default: all")
    parser.add_argument("--show", nargs="?", const="", metavar="ID", help="print reports, of ids that begin so")
    arguments = parser.parse_args()
    console.out.width, console.out.soft_wrap = 80, False
    runtime.start()
    sys.exit(_show(arguments.steps or STEPS, arguments.show))


def _show(steps: Iterable[int], shown: str | None) -> bool:
    """Print how good the reports on the attempts are. Returns whether any is not."""
    good = total = 0
    for step in steps:
        for attempt in read_attempts(step):
            if shown and not attempt.id.startswith(shown):
                continue
            told = report(attempt)
            faults = told.faults(attempt)
            total, good = total + 1, good + (not faults)
            if shown is not None:
                print(
                    f"\n#### {attempt.step:02} {attempt.id}{''.join(f' !! {fault}' for fault in faults)}\n{told.text}"
                )
            elif faults:
                print(f"{attempt.step:02} {attempt.id}: {'; '.join(faults)}", flush=True)
    print(f"{good} of {total} reports say what is wrong and where")
    return good < total


if __name__ == "__main__":
    main()
