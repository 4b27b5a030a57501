"""The command ``grade``: checks every submission in a sandbox, and keeps what it found.

What checks have found is kept, for each step by itself: see course.grading.kept. So a run that was killed goes on
where it was. Where a check gave no verdict, because its process ended, was killed or did not answer, the reason may
be the machine and not the submission: the step is judged once more when nobody else is, and the result is not kept.
"""

import hashlib
import os
import re
import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from course.curriculum.steps import COURSE, step_path
from course.grading import kept
from course.grading.kept import judges
from course.grading.scratch import scratch
from course.grading.submissions import BadSubmission, Submission
from course.grading.trial import secret
from course.judging.process import ON_SOLUTIONS, Cancelled, Program
from course.judging.run import LOSSES, TIMEOUT, TOTAL_TIMEOUT, judge
from course.judging.verdicts import StepResult
from course.refusal import Refusal


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
    unused: str = ""  # files that were found and do not count, each with why

    @property
    def passed(self) -> int:
        return sum(step.passed for step in self.steps)

    @property
    def remark(self) -> str:
        """What there is to say beside the verdicts."""
        lost = [f"step {step.step:02} could not be judged: {step.lost}" for step in self.steps if step.lost]
        unused = [f"found but not used: {self.unused}"] if self.unused else []
        return "; ".join([*([self.error] if self.error else []), *lost, *unused])


@dataclass(frozen=True)
class Settings:
    """How submissions are run.

    Attributes:
        memory: bytes for each submission in its sandbox, beyond what MAX takes; None runs it without a sandbox.
    """

    steps: tuple[int, ...] = COURSE
    jobs: int = 1
    timeout: float = TIMEOUT
    total_timeout: float = TOTAL_TIMEOUT
    memory: int | None = 2 << 30

    def program(self, key: Path) -> Program:
        """What runs a submission, on inputs drawn with the key in a file."""
        if self.memory is None:
            return ON_SOLUTIONS
        return Program("course.grading.trial.runner", ("--memory", str(self.memory), "--key", str(key)))


class Stopped(Refusal):
    """Nothing more can be judged in this run. What was judged before is kept."""


# Judges the steps of a submission, given by their contents, until it is cancelled.
Judge = Callable[[dict[int, bytes], threading.Event], list[StepResult]]


def judge_here(
    settings: Settings, key: Path, place: Path, files: dict[int, bytes], cancelled: threading.Event
) -> list[StepResult]:
    """The verdicts on the steps of a submission, which is run on this machine.

    Args:
        key: the file with the key that inputs are drawn with.
        place: a folder for the submission's own.
    """
    with TemporaryDirectory(dir=place) as folder:
        for step, content in files.items():
            step_path(step, Path(folder)).write_bytes(content)
        results = judge(
            files,
            Path(folder),
            program=settings.program(key),
            timeout=settings.timeout,
            total_timeout=settings.total_timeout,
            hangs=LOSSES,  # nobody waits, and every check counts
            cancelled=cancelled,
        )
    return [_lasting(result) for result in results]


def grade(
    submissions: Iterable[Submission],
    results: Path,
    settings: Settings,
    on_grade: Callable[[Grade], None],
    again: Collection[str] = (),
    elsewhere: Judge | None = None,
) -> list[Grade]:
    """The grades of all submissions, in their order; those in ``results`` are not made again.

    Args:
        results: the folder for the results, one file for each submission.
        on_grade: called with each grade as soon as it is known.
        again: the names of submissions that are judged anew, whatever is kept of them.
        elsewhere: judges submissions in the place of this machine.

    Raises:
        Stopped: nobody is left who could judge.
        Refusal: there is no submission of such a name, or no key for the inputs that nobody has seen.
    """
    submissions = list(submissions)
    if strangers := sorted(set(again) - {each.name for each in submissions}):
        raise Refusal(f"--again {strangers[0]}: there is no such submission")
    results.mkdir(parents=True, exist_ok=True)
    with scratch() as folder:
        here = partial(judge_here, settings, secret.KEY, folder)
        run = _Run(results, settings, frozenset(again), elsewhere or here)
        grades = run.complete(submissions, on_grade)
    return [grades[each.name] for each in submissions]


class _Run:
    """One run over a class."""

    def __init__(self, results: Path, settings: Settings, again: Collection[str], judge: Judge) -> None:
        self.results = results
        self.settings = settings
        self.again = again
        self.judge = judge
        self.cancelled = threading.Event()
        drawn_with = hashlib.sha256(secret.key()).digest() if settings.memory is not None else b""
        self.key = [judges(), f"{replace(settings, jobs=1, steps=())}".encode(), drawn_with]

    def complete(self, submissions: list[Submission], on_grade: Callable[[Grade], None]) -> dict[str, Grade]:
        """The grades by name. Those that came to no verdict are tried once more at the end, one after another."""
        grades: dict[str, Grade] = {}
        lost: list[Submission] = []
        with ThreadPoolExecutor(self.settings.jobs) as pool:
            waiting = {pool.submit(self.grade, each): each for each in submissions}
            try:
                for future in as_completed(waiting):
                    grade, is_lost = future.result()
                    grades[grade.name] = grade
                    if is_lost:
                        lost.append(waiting[future])
                    else:
                        on_grade(grade)
            except BaseException:
                self.cancelled.set()
                pool.shutdown(cancel_futures=True)
                raise
        for submission in sorted(lost, key=submissions.index):
            grades[submission.name], _ = self.grade(submission, before=grades[submission.name])
            on_grade(grades[submission.name])
        return grades

    def grade(self, submission: Submission, before: Grade | None = None) -> tuple[Grade, bool]:
        """A submission's grade, and whether a part of it is no verdict. Whatever goes wrong is a grade, too.

        Args:
            before: what the first try has found. What it came to a verdict on is not judged again.
        """
        known = before or Grade(submission.name, [])  # whatever goes wrong now, these verdicts stay
        try:
            return self._grade(submission, before)
        except (Cancelled, Stopped):
            raise
        except BadSubmission as error:
            return replace(known, error=str(error)), False
        except Refusal as error:
            return replace(known, error=str(error)[:500]), True
        except Exception as error:
            return replace(known, error=f"could not be graded: {type(error).__name__}: {error}"[:500]), False

    def _grade(self, submission: Submission, before: Grade | None) -> tuple[Grade, bool]:
        handed_in = submission.read()
        files = {step: handed_in[step] for step in self.settings.steps if step in handed_in}
        sources = {step: source_text(content) for step, content in files.items()}
        keys = {step: kept.key(step, content, *self.key) for step, content in files.items()}
        path = self.results / f"{file_name(submission.path.name, submission.name)}.json"
        found: dict[int, StepResult] = {}
        if before:
            found = {step.step: step for step in before.steps if not step.lost}
        elif submission.name not in self.again:
            found = kept.read(path, keys)
        unknown = {step: content for step, content in files.items() if step not in found}
        judged = self.judge(unknown, self.cancelled) if unknown else []
        kept.write(path, keys, [step for step in judged if not step.lost])
        found |= {step.step: step for step in judged}
        steps = [found[step] for step in sorted(found)]
        grade = Grade(submission.name, steps, sources=sources, unused=handed_in.unused)
        return grade, any(step.lost for step in steps)


def _lasting(result: StepResult) -> StepResult:
    """Verdicts without what differs from run to run: places, times, and what the judge prints."""
    checks = [replace(check, output="") for check in result.checks]
    return replace(result, file=f"step_{result.step:02}.py", checks=checks, seconds=0.0, unfinished=[], output="")


def source_text(content: bytes) -> str:
    """A step's source text with the line ends that Python sees."""
    return content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def file_name(name: str, unique: str | Path = "") -> str:
    """A name for files about a submission: readable, harmless, and no other's.

    Args:
        unique: what no other has; the name, where that is left out.
    """
    readable = re.sub(r"[^A-Za-z0-9_.-]+", "-", name)[:40].strip("-.") or "unnamed"
    return f"{readable}-{hashlib.sha256(os.fsencode(unique or name)).hexdigest()[:12]}"
