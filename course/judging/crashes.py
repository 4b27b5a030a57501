"""Crashes in the learner's terms: the whole of what MAX says, and the advice that tests/crashes.toml has."""

import re
import traceback
from dataclasses import dataclass
from functools import cache

from course import toml
from course.curriculum.steps import ROOT
from course.judging.suggestions import owner, suggestion

CRASHES = ROOT / "tests" / "crashes.toml"

_OPERATION = re.compile(r"(\w+Error: )Failed to create op '(?:Mo)?(\w+?)(?:Op)?':\nInputs:\n(.*)", re.DOTALL)
_OPERAND = re.compile(r"TensorValue\(dtype=(\w+), shape=(\[.*?\]),")
_SHAPE = re.compile(r"^ +new_shape = (\[.*\])$", re.MULTILINE)
_DIM = re.compile(r"Dim\('?(.*?)'?\)")
_REASON = re.compile(r"\n\n(?:Diagnostics:\s+(?:\[\w+\] )?(?:Operation creation failed:\nerror: unknown: )?)?(.+)")
_ASIDE = re.compile(r": #mosh.*| Insert an explicit rebind.*")  # in MAX's own terms


@dataclass(frozen=True)
class Crash:
    """What people write, and what helps.

    Attributes:
        error: what is found in the exception, written as "TypeError: ...".
        code: what is found in the learner's line, or None for any.
        advice: what helps; groups of the two may stand in it, by number or by name.
        example: the step whose solution is changed, what is replaced there, and by what.
    """

    error: re.Pattern[str]
    code: re.Pattern[str] | None
    advice: str
    example: tuple[int, str, str]


@cache
def read_crashes() -> tuple[Crash, ...]:
    """The table, in its order."""
    rows = toml.loads(CRASHES.read_text(encoding="utf-8"))["crash"]
    return tuple(
        Crash(
            re.compile(row["error"], re.DOTALL),
            re.compile(row["code"]) if "code" in row else None,
            row["advice"],
            (row["step"], row["replace"], row["by"]),
        )
        for row in rows
    )


def summary(error: BaseException) -> str:
    """What an exception says, in one line: for an operation of MAX what it was given and why that does not fit."""
    lines = "".join(traceback.format_exception_only(error)).strip().splitlines()
    if isinstance(error, SyntaxError):  # it begins with its place
        return lines[-1]
    operation = _OPERATION.fullmatch("\n".join(lines))
    if "An error occurred in kernel" in lines[0]:  # and so on, and then what it was
        return next((line for line in lines if not line.startswith(("An error", type(error).__name__))), lines[0])
    if not operation:
        return lines[0]
    kind, name, rest = operation.groups()
    rest = _DIM.sub(r"\1", rest)
    operands = " and ".join(f"{dtype} {shape}" for dtype, shape in _OPERAND.findall(rest))
    shapes = (f"to {shape}" for shape in _SHAPE.findall(rest))
    told = " ".join([f"{kind}{name} of {operands}", *shapes])
    reason = _REASON.search(rest)
    return f"{told}: {_ASIDE.sub('', reason[1])}" if reason else told


def advice(error: BaseException, code: str) -> str | None:
    """What helps against an exception that a line of the learner's led to, if it is known."""
    if isinstance(error, NameError) and (place := owner(error)):
        return f"{error.name} belongs to {place}: it is {place}.{error.name} here."
    told = f"{type(error).__name__}: {error}"
    for crash in read_crashes():
        found, line = crash.error.search(told), crash.code.search(code) if crash.code else None
        if found and (line or not crash.code):
            groups = found.groupdict() | (line.groupdict() if line else {})
            return crash.advice.format("", *found.groups(), **groups)
    return suggestion(error)
