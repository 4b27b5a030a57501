"""The command ``reset``: a step's skeleton comes back, and the learner's file is kept."""

import os

from rich.markup import escape

from course.curriculum.steps import solution_path, step_path
from course.curriculum.todos import skeleton
from course.learner import memory as state
from course.learner.memory import Memory
from course.terminal import console


def reset(step: int) -> None:
    """Make a step's file what it was at first. What was there goes to a dated copy, which is named.

    Raises:
        OSError: the copy or the file cannot be written. Without a copy the file stays as it is.
    """
    path = step_path(step)
    shown = os.path.relpath(path)
    new = skeleton(solution_path(step).read_text(encoding="utf-8"), step)[0].encode()
    old = path.read_bytes() if path.exists() else None
    if old == new:
        console.out.print(f"{shown} is the skeleton already.", markup=False)
        return
    if old is not None:
        console.out.print(f"Your file is kept: {os.path.relpath(state.keep(path))}", markup=False)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(new)
    with state.change() as memory:
        memory[step] = Memory(bugs=memory[step].bugs)  # who begins anew begins with the first hint
    console.out.print(f"{escape(shown)} is the skeleton again. [bold]Next:[/] ./run s{step:02}")
