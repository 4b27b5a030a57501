"""Grades the solutions and all answers that are known to be right, several times, each time with other draws.

    python -m tools.trials [TIMES]

What a grader draws depends on its key and on the text of a submission; here the text changes, by a comment. Each answer
that loses a mark is told with the checks that it failed, and the exit code is 1. TIMES is 10 unless it is given.
"""

import sys
import tempfile
from pathlib import Path

from course import runtime
from course.curriculum.catalogue import read_right
from course.curriculum.steps import STEPS, read_source, solution_path, step_path
from course.grading.grade import Settings, grade
from course.grading.submissions import find


def main() -> None:
    runtime.prepare()
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, times)
        grades = grade(find([folder]), folder / ".results", Settings(jobs=2), lambda found: None)
    rejected = [found for found in grades if found.error or not all(step.passed for step in found.steps)]
    for found in rejected:
        failed = [check for step in found.steps for check in step.checks if check.status != "passed"]
        told = "; ".join(f"{check.name}: expected {check.expected}, got {check.actual}" for check in failed)
        print(f"{found.name}: {found.error or told}")
    print(f"{len(grades)} submissions of right answers, {len(rejected)} rejected")
    sys.exit(bool(rejected))


def write(folder: Path, times: int) -> None:
    """Write the submissions: a folder for each answer and time, with one step in it."""
    for step in STEPS:
        answers = {"solution": read_source(solution_path(step))}
        answers |= {answer.id: answer.source() for answer in read_right(step)}
        for name, text in answers.items():
            for time in range(times):
                submission = folder / f"step {step:02}, {name}, {time}"
                submission.mkdir()
                step_path(step, submission).write_text(f"{text}\n# {time}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
