"""The steps of the course, and where their files are. What depends on which steps there are reads it here."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STEPS_FOLDER = ROOT / "steps"  # the learner's own
DEBUG_FOLDER = ROOT / "debug"  # solutions with a bug in them, which the learner is to find
STORYTELLER = ROOT / "models" / "storyteller"  # the checkpoint that comes with the course


@dataclass(frozen=True)
class Step:
    """A step of the course.

    Attributes:
        shown_mistake: the mistake that its chapter shows, by its id in tests/mistakes/.
        has_fixture: its checks read tests/fixtures/step_NN.npz; without it the checks say where their values are.
        least_mistakes: how many mistakes its catalogue must hold.
    """

    number: int
    shown_mistake: str
    has_fixture: bool = True
    least_mistakes: int = 4


TABLE = (
    Step(1, "float-head-dim", has_fixture=False),
    Step(2, "ones", has_fixture=False),
    Step(3, "variance-of-a-sample"),
    Step(4, "erf"),
    Step(5, "scaled"),
    Step(6, "batch-axis"),
    Step(7, "interleaved"),
    Step(8, "mask-after-softmax"),
    Step(9, "split-by-reshape"),
    Step(10, "post-norm"),
    Step(11, "ln-1-twice"),
    Step(12, "blocks-shared"),
    Step(13, "softmax"),
    Step(14, "context-not-grown", has_fixture=False, least_mistakes=20),
    Step(15, "not-shifted", least_mistakes=8),
    Step(16, "positions-begin-again", has_fixture=False, least_mistakes=8),
    Step(17, "crossing-token-lost", least_mistakes=8),
)

STEPS = {step.number: step for step in TABLE}
LAST = TABLE[-1].number
FINISH = 14  # with this step GPT-2 is built, and the course is done
COURSE = tuple(step for step in STEPS if step <= FINISH)
FURTHER = tuple(step for step in STEPS if step > FINISH)  # they go on from the model that is built


def solution_path(step: int, folder: Path = ROOT / "solutions") -> Path:
    """Where the solution of a step is, or would be in another folder."""
    return folder / f"solution_{step:02}.py"


def step_path(step: int, folder: Path = STEPS_FOLDER) -> Path:
    """Where a learner's file for a step is, or would be in another folder."""
    return folder / f"step_{step:02}.py"


def whole_path(step: int) -> Path:
    """The checks that only a trial runs: on inputs that are drawn for it, of everything at once."""
    return ROOT / "tests" / "whole" / f"step_{step:02}.py"


def checks_path(step: int) -> Path:
    """Where the checks of a step are."""
    return ROOT / "tests" / f"test_step_{step:02}.py"


def step_title(step: int) -> str:
    """What a step builds, from its solution's first line: "multi-head attention"."""
    return solution_path(step).read_text(encoding="utf-8").split(": ", 1)[1].split(".\n", 1)[0]


def read_source(path: Path) -> str:
    """A learner's file as Python reads it, whatever is in it; empty where it cannot be read."""
    try:
        source = path.read_bytes()
    except OSError:
        return ""
    try:
        return importlib.util.decode_source(source)
    except (SyntaxError, UnicodeError, LookupError):  # a LookupError of an encoding that is not one of text
        return source.decode("utf-8", errors="replace")
