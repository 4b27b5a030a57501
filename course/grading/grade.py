"""The command ``grade``: checks every submission in a sandbox, and keeps what it found.

A result is a file of its own, written at once or not at all, and belongs to one content of a
submission and one state of the checks. So a run that was killed goes on where it was.
"""

import hashlib
import json
import os
import re
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from course.curriculum.steps import ROOT, STEPS, step_path
from course.grading.submissions import BadSubmission, Submission
from course.judging.process import ON_SOLUTIONS, Program
from course.judging.run import TIMEOUT, TOTAL_TIMEOUT, judge
from course.judging.verdicts import StepResult
from course.refusal import Refusal

# The folders that a verdict depends on, besides the submission. Pages and commands are not among them.
JUDGES = (
    "course/curriculum",
    "course/grading/inside",
    "course/grading/trial",
    "course/judging",
    "course/runtime",
    "kernels",
    "solutions",
    "tests",
)


@dataclass(frozen=True)
class Grade:
    """What was found in a submission, or why nothing was.

    How long it took is not part of it: the same submission gets the same grade each time.
    ``sources`` are the texts that were judged: what lies on the disk may be another one by now.
    """

    name: str
    steps: list[StepResult]
    error: str | None = None
    sources: dict[int, str] = field(default_factory=dict, compare=False)

    @property
    def passed(self) -> int:
        return sum(step.passed for step in self.steps)


@dataclass(frozen=True)
class Settings:
    """How submissions are run.

    Attributes:
        memory: bytes for each submission in its sandbox, beyond what MAX takes; None runs it without a sandbox.
    """

    steps: tuple[int, ...] = tuple(STEPS)
    jobs: int = 1
    timeout: float = TIMEOUT
    total_timeout: float = TOTAL_TIMEOUT
    memory: int | None = 2 << 30

    @property
    def program(self) -> Program:
        """What runs a submission."""
        if self.memory is None:
            return ON_SOLUTIONS
        return Program("course.grading.trial.runner", ("--memory", str(self.memory)))


def grade(
    submissions: Iterable[Submission],
    results: Path,
    settings: Settings,
    on_grade: Callable[[Grade], None],
) -> list[Grade]:
    """The grades of all submissions, in their order; those in ``results`` are not made again.

    Args:
        results: the folder for the results, one file for each submission.
        on_grade: called with each grade as soon as it is known.
    """
    submissions = list(submissions)
    cancelled = threading.Event()
    grades: dict[str, Grade] = {}
    results.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(settings.jobs) as pool:
        waiting = [pool.submit(_grade, each, results, settings, cancelled) for each in submissions]
        try:
            for future in as_completed(waiting):
                grade = future.result()
                grades[grade.name] = grade
                on_grade(grade)
        except BaseException:
            cancelled.set()
            pool.shutdown(cancel_futures=True)
            raise
    return [grades[each.name] for each in submissions]


def _grade(submission: Submission, results: Path, settings: Settings, cancelled: threading.Event) -> Grade:
    try:
        handed_in = submission.read()
    except BadSubmission as error:
        return Grade(submission.name, [], str(error))
    files = {step: handed_in[step] for step in settings.steps if step in handed_in}
    if not files:
        return Grade(submission.name, [])
    sources = {step: content.decode("utf-8", errors="replace") for step, content in files.items()}
    path = results / f"{file_name(submission)}.json"
    key = _key(files, settings)
    if kept := _kept(path, key):
        return Grade(submission.name, kept, sources=sources)
    with TemporaryDirectory() as folder:
        for step, content in files.items():
            step_path(step, Path(folder)).write_bytes(content)
        try:
            steps = [
                replace(result, file=f"step_{result.step:02}.py", seconds=0.0, unfinished=[], output="")
                for result in judge(
                    files,
                    Path(folder),
                    program=settings.program,
                    timeout=settings.timeout,
                    total_timeout=settings.total_timeout,
                    cancelled=cancelled,
                )
            ]
        except Refusal as error:
            return Grade(submission.name, [], str(error))
    _keep(path, key, steps)
    return Grade(submission.name, steps, sources=sources)


def file_name(submission: Submission) -> str:
    """A name for files about it: readable, harmless, and no other submission's."""
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", submission.path.name)[:40].strip("-.") or "unnamed"
    return f"{readable}-{hashlib.sha256(os.fsencode(submission.path)).hexdigest()[:12]}"


def _key(files: dict[int, bytes], settings: Settings) -> str:
    """What identifies a submission's content, the checks, and how they are run."""
    parts = [judges(), f"{replace(settings, jobs=1)}".encode()]
    for step, content in sorted(files.items()):
        parts += [b"%d" % step, content]
    return _digest(parts)


@cache
def judges() -> bytes:
    """What identifies the state of the checks, and of all that runs them."""
    files = sorted(path for name in JUDGES for path in (ROOT / name).rglob("*") if path.is_file())
    contents = [path.read_bytes() for path in files if path.suffix in (".py", ".npz", ".toml", ".json")]
    return _digest([version("max").encode(), *contents]).encode()


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()


def _kept(path: Path, key: str) -> list[StepResult] | None:
    try:
        kept = json.loads(path.read_bytes())
        return [StepResult.from_json(step) for step in kept["steps"]] if kept["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):  # there is none, or not a whole one
        return None


def _keep(path: Path, key: str, steps: list[StepResult]) -> None:
    new = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.new")
    new.write_text(json.dumps({"key": key, "steps": [step.to_json() for step in steps]}), encoding="utf-8")
    os.replace(new, path)
