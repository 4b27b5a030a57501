"""Records what commands print, for the pages that show it: book/terminal/NAME.txt.

    python -m book.capture            records everything anew
    python -m book.capture --verify   says what is out of date, and changes nothing

The commands run in a copy of the course, at 80 columns and in colour, as ``./run`` runs them on a
terminal. Left out is how long a check took and when it was: that is another time each time.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from course.curriculum.catalogue import read_mistakes
from course.curriculum.files import copy_course
from course.curriculum.steps import COURSE, ROOT, STEPS, solution_path, step_path
from course.curriculum.todos import skeleton
from course.refusal import Refusal

TERMINAL = ROOT / "book" / "terminal"

COLORS = {"NO_COLOR": "", "FORCE_COLOR": "1", "TERM": "xterm-256color", "COLORTERM": ""}

_STYLE = r"(?:\x1b\[[\d;]*m)*"
_HEADING = re.compile(rf"^(?={_STYLE}Step \d\d: )", re.MULTILINE)
_TIME = re.compile(rf" \(\d+\.\d s\)| +{_STYLE}\d\d:\d\d(?={_STYLE} *$)", re.MULTILINE)


def capture() -> Iterator[tuple[str, str, str]]:
    """Run everything, and yield each recording: its name, the command, what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        course = Copy(Path(folder))
        unsolved = {step: skeleton(_solution(step), step)[0] for step in STEPS}
        course.write(unsolved)
        yield from course.check_all("unsolved")
        yield "hint", "./run hint 8", course.run("hint", "8")
        course.write({step: mistaken(step) for step in STEPS})
        yield from course.check_all("mistake")
        course.write({step: _solved(step) for step in STEPS})
        yield from course.check_all("solved")
        course.write({6: mistaken(6)} | {step: unsolved[step] for step in STEPS if step > 6})
        course.run("check", "6")
        yield "progress", "./run progress", course.run("progress")
        story = course.run("generate", "Once upon a time", "--seed", "6")
        yield "generate", './run generate "Once upon a time" --seed 6', story


class Copy:
    """A copy of the course, with other steps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        copy_course(folder)

    def write(self, steps: dict[int, str]) -> None:
        for step, text in steps.items():
            step_path(step, self.folder / "steps").write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> str:
        """What a command prints, in 80 columns and in colour."""
        ran = subprocess.run(
            [sys.executable, "-m", "course", *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"} | COLORS,
        )
        if ran.returncode not in (0, 1) or not ran.stdout.strip():
            raise Refusal(f"./run {' '.join(arguments)} ends with {ran.returncode}: {ran.stderr.strip()[-300:]}")
        lines = [line.rstrip() for line in _TIME.sub("", ran.stdout).strip("\n").splitlines()]
        return "\n".join(lines) + "\n"

    def check_all(self, kind: str) -> Iterator[tuple[str, str, str]]:
        """What ``./run sNN`` prints for every step, most of it from one run over all of them."""
        printed = [part for part in _HEADING.split(self.run("check", "all")) if part.strip()]
        if len(printed) < len(COURSE):
            raise Refusal(f"./run check all prints {len(printed)} steps, not {len(COURSE)}")
        printed += [self.run("check", str(step)) for step in list(STEPS)[len(printed) :]]  # which are not begun
        for step, text in zip(STEPS, printed):
            yield f"s{step:02}-{kind}", f"./run s{step:02}", text.rstrip("\n") + "\n"


def _solution(step: int) -> str:
    return solution_path(step).read_text(encoding="utf-8")


def _solved(step: int) -> str:
    """A step's file as a learner leaves it: the tasks are still there, the solution's code behind each."""
    text, todos = skeleton(_solution(step), step)
    lines = text.splitlines()
    for todo in reversed(todos):
        end = todo.first_line - 1 + len(todo.task)
        lines[end : todo.last_line] = todo.code
    return "\n".join(lines) + "\n"


def mistaken(step: int) -> str:
    """The same with the mistake that the chapter shows."""
    solved = _solved(step)
    (mistake,) = (mistake for mistake in read_mistakes(step) if mistake.id == STEPS[step].shown_mistake)
    for old, new in mistake.edits:
        if solved.count(old) != 1:
            raise Refusal(f"{mistake.place}: {old!r} stands {solved.count(old)} times in the solved step")
        solved = solved.replace(old, new)
    return solved


def main() -> None:
    is_proof = sys.argv[1:] == ["--verify"]
    seen = set()
    for name, command, text in capture():
        path = TERMINAL / f"{name}.txt"
        seen.add(path)
        recorded = path.read_text(encoding="utf-8") if path.exists() else None
        new = f"{command}\n\n{text}"
        if recorded == new:
            continue
        if is_proof:
            print(f"book/terminal/{path.name} is out of date; python -m book.capture records it anew")
        else:
            TERMINAL.mkdir(exist_ok=True)
            path.write_text(new, encoding="utf-8")
            print(f"book/terminal/{path.name} written")
    for path in sorted(set(TERMINAL.glob("*.txt")) - seen):
        if is_proof:
            print(f"book/terminal/{path.name} is recorded by nothing")
        else:
            path.unlink()
            print(f"book/terminal/{path.name} removed: nothing records it")


if __name__ == "__main__":
    main()
