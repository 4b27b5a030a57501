"""Bugs to be found: mistakes of the catalogue in a solution that has lost its markers.

Such a file says in its docstring that something is wrong in it, so that no report gives away what.
"""

import ast
import random
import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import combinations
from pathlib import Path

from course.curriculum.catalogue import CRASH, CatalogueError, Mistake, combined, read_mistakes, recording
from course.curriculum.steps import step_path
from course.refusal import Refusal

Bugs = tuple[Mistake, ...]  # in one file

COUNTS = {1: "There is one mistake", 2: "There are two mistakes"}

_SAID = re.compile(rf"^(?:{'|'.join(COUNTS.values())}) in here\. ", re.MULTILINE)
_CHECK = re.compile(r"^Check your work: .*$", re.MULTILINE)


@cache
def bugs(step: int) -> Bugs:
    """The mistakes of a step that can be planted, one for each title, from easy to hard.

    What crashes is easiest, since Python says where. Otherwise, the more checks fail the easier, and then the more
    text is changed. What passes all checks now and then is left out: nobody could tell whether it is mended.
    """
    known = recording(step)
    by_title: dict[str, Mistake] = {}
    for mistake in read_mistakes(step):
        if mistake.id in known and known[mistake.id].always:
            by_title.setdefault(mistake.title, mistake)

    def ease(mistake: Mistake) -> tuple[bool, int, int]:
        recorded = known[mistake.id]
        crashes = any(seen.what == CRASH for seen in recorded.seen.values())
        return crashes, len(recorded.always), sum(len(old) + len(new) for old, new in mistake.edits)

    return tuple(sorted(by_title.values(), key=ease, reverse=True))


def couples(mistakes: Iterable[Mistake]) -> Iterator[Bugs]:
    """The pairs whose edits do not overlap, and of which each fails a check that the other one passes."""
    for one, other in combinations(mistakes, 2):
        known = recording(one.step)
        mine, others = known[one.id], known[other.id]
        if mine.always <= others.always | others.sometimes or others.always <= mine.always | mine.sometimes:
            continue
        try:
            combined(one.step, (one, other))
        except CatalogueError:
            continue
        yield one, other


def planted(step: int, mistakes: Bugs, command: str) -> str:
    """The text of a step's file with these mistakes, which names the command that checks it.

    Raises:
        CatalogueError: the mistakes do not fit the solution, or each other.
    """
    return _CHECK.sub(f"{COUNTS[len(mistakes)]} in here. Check your work: {command}.", plain(step, mistakes))


def is_planted(source: str) -> bool:
    """Whether a file says of itself that there are mistakes in it."""
    return bool(_SAID.search(source))


def plain(step: int, mistakes: Bugs = ()) -> str:
    """The solution as one would have written it, with these mistakes. Raises CatalogueError as ``planted``."""
    lines = combined(step, mistakes).splitlines()
    for number, line in reversed(list(enumerate(lines))):
        without = lines[:number] + lines[number + 1 :]
        if line.strip() == "pass" and _is_python(without):  # it only marks where something is missing
            lines = without
    text = re.sub(r"\n{3,}(?= )", "\n\n", "\n".join(lines))
    return re.sub(r"\n{4,}", "\n\n\n", text).rstrip() + "\n"


def export(folder: Path, steps: Iterable[int], two: bool, seed: int) -> dict[int, Bugs]:
    """Write a file with bugs for each of these steps, and return them: the same for the same seed.

    Steps that have none are left out. Nothing in the files tells what is wrong.

    Raises:
        Refusal: one of the files is there, or no step has such bugs.
    """
    drawn: dict[int, Bugs] = {}
    for step in steps:
        choice = list(couples(bugs(step))) if two else [(mistake,) for mistake in bugs(step)]
        if choice:
            drawn[step] = random.Random(f"{seed}, step {step}").choice(choice)
    if not drawn:
        raise Refusal("there are no such bugs")
    if there := [path for step in drawn if (path := step_path(step, folder)).exists()]:
        raise Refusal(f"{there[0].name} is there already")
    folder.mkdir(parents=True, exist_ok=True)
    for step, mistakes in drawn.items():
        command = f"`./run s{step:02} --from` and this folder"
        step_path(step, folder).write_text(planted(step, mistakes, command), encoding="utf-8")
    return drawn


def _is_python(lines: list[str]) -> bool:
    try:
        ast.parse("\n".join(lines))
    except SyntaxError:
        return False
    return True
