"""A learner's steps as the model that writes: they must be done, and what they raise is shown with their lines."""

import tokenize
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from course.curriculum.steps import COURSE, step_path
from course.curriculum.todos import open_todos
from course.refusal import Refusal
from gpt2.checkpoint import CheckpointError


def require_done(folder: Path, steps: Sequence[int] = COURSE) -> None:
    """Refuse the first TODO of a learner's steps that is not done, and a file that cannot be read."""
    for step in steps:
        path = step_path(step, folder)
        try:
            with tokenize.open(path) as file:  # with its coding, as Python reads it
                todos = open_todos(file.read(), step)
        except (OSError, SyntaxError, ValueError) as error:  # ValueError: not UTF-8, or a NUL
            raise Refusal(f"{path} cannot be read: {error}") from error
        if todos:
            raise Refusal(f"step {step:02}, TODO {todos[0].number} is not done yet: {todos[0].title} ({path})")


@contextmanager
def own_lines(folder: Path | None) -> Iterator[None]:
    """Turn an exception in a learner's steps into a refusal that shows the lines of their files, not of ours."""
    try:
        yield
    except (Refusal, CheckpointError):
        raise
    except Exception as error:
        if folder is None:
            raise
        actual, lines = own_trace(error, folder)
        place = lines or ["in no line of yours: do all of your steps pass their checks?"]
        raise Refusal("\n  ".join([actual, *place])) from error


def own_trace(error: Exception, folder: Path) -> tuple[str, list[str]]:
    """What an exception says, and the lines of a learner's steps that lead to it."""
    from course.judging.description import describe  # which imports pytest

    told = describe(error, folder)
    return told["actual"], [f"{frame['file']}, line {frame['line']}:  {frame['code']}" for frame in told["trace"]]
