"""An exception in the words of a verdict."""

import bdb
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from course.curriculum.steps import ROOT
from course.judging.crashes import advice, summary
from course.judging.failure import CheckFailure
from course.judging.subject import Gone

TRACE_LIMIT = 8  # lines: an endless recursion has a thousand
CODE_LIMIT = 160  # characters of each: a line that a program has written may have thousands

TERMINAL = "Checks run without a terminal, where nobody can answer. Add --debug to the command, and they have one."


def describe(error: BaseException, folder: Path | None) -> dict[str, Any]:
    """An exception in the words of the report: only the lines of the learner's own files."""
    own = (folder or ROOT / "solutions").resolve()
    trace = _trace(error, own)
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).resolve().parent == own:
        trace.append({"file": Path(error.filename).name, "line": error.lineno, "code": (error.text or "").strip()})
    for frame in trace:
        if len(frame["code"]) > CODE_LIMIT:
            frame["code"] = frame["code"][:CODE_LIMIT] + " ..."
    if isinstance(error, CheckFailure):
        told = ("expected", "actual", "help", "comparison", "shares")
        cause = error.__cause__  # an exception of the step's, where another one was wanted, or none
        trace = trace or (_trace(cause, own) if cause else [])
        verdict = {"status": "failed", "trace": trace} | {name: getattr(error, name) for name in told}
        verdict["help"] = (
            error.help
            or (cause and advice(cause, trace[-1]["code"] if trace else ""))
            or advice(error, trace[-1]["code"] if trace else "")
        )
        return verdict
    if isinstance(error, NotImplementedError) and "TODO" in str(error):
        return {"status": "skipped", "actual": f"not done yet: {error}", "trace": trace}
    if isinstance(error, AssertionError) and not trace:
        return {"status": "failed", "actual": str(error).splitlines()[0] if str(error) else "not so", "trace": trace}
    if isinstance(error, Gone):
        return {"status": "error", "actual": str(error), "trace": []}
    if isinstance(error, AttributeError) and not trace and isinstance(error.obj, ModuleType):  # asked for by a check
        help = "Has its name changed? The skeleton, which ./run reset brings back, has the right one."
        wanted = f"{error.name} in {error.obj.__name__}.py"
        return {"status": "failed", "expected": wanted, "actual": "no such name", "help": help, "trace": []}
    verdict = {"status": "error", "actual": summary(error)[:500], "trace": trace}
    code = trace[-1]["code"] if trace else ""
    helps = TERMINAL if isinstance(error, (bdb.BdbQuit, EOFError)) else advice(error, code)
    return verdict | ({"help": helps} if helps else {})


def _trace(error: BaseException, own: Path) -> list[dict[str, Any]]:
    """The learner's own lines on the way to an exception."""
    trace = [
        {"file": Path(frame.filename).name, "line": frame.lineno, "code": frame.line or ""}
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).resolve().parent == own
    ]
    return getattr(error, "trace", trace)[-TRACE_LIMIT:]  # of one that was raised in a sandbox
