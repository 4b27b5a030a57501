"""Steps that are the course's own solutions: nobody is told to write those, and they get full marks without a word.

A solution's file has markers and hints that no skeleton has. Without them what is left is its code, which somebody
may find alone in a step of three lines, but hardly in most steps of a course.
"""

from collections.abc import Mapping
from functools import cache

from course.curriculum.steps import read_source, solution_path

SEVERAL = 3  # steps with the solution's code from which on that is said


def told(sources: Mapping[int, str]) -> str:
    """What there is to say to an instructor of a submission's steps; nothing, where they are its own.

    Args:
        sources: the source text of each step.
    """
    marked = [step for step, source in sources.items() if _markers(step) & _lines(source)]
    same = [step for step, source in sources.items() if step not in marked and _code(source) == _solution(step)]
    said = []
    if marked:
        said.append(f"the reference solution itself, with its markers and hints: {_named(marked)}")
    if len(same) >= SEVERAL and len(same) + len(marked) > len(sources) / 2:
        said.append(f"the reference solution's code to the letter: {_named(same)}")
    return "; ".join(said)


def _named(steps: list[int]) -> str:
    return f"step {steps[0]:02}" if len(steps) == 1 else "steps " + ", ".join(f"{step:02}" for step in sorted(steps))


@cache
def _markers(step: int) -> frozenset[str]:
    lines = _lines(read_source(solution_path(step)))
    return frozenset(line for line in lines if line.startswith("# hint: ") or line in ("# solution", "# end"))


@cache
def _solution(step: int) -> list[str]:
    return _code(read_source(solution_path(step)))


def _lines(source: str) -> set[str]:
    return {line.strip() for line in source.split("\n")}


def _code(source: str) -> list[str]:
    """The lines that are not comments, without what follows them."""
    lines = [line.partition("  # ")[0].rstrip() for line in source.split("\n")]
    return [line for line in lines if line and not line.lstrip().startswith("#")]
