"""The grades as web pages: one for each submission, one for the class. Each is a file of its own.

A page loads nothing. All that comes from a submission is escaped, and loses what steers a screen.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from course.curriculum.steps import step_title
from course.grading import texts
from course.grading.grade import Grade
from course.grading.marks import Marks
from course.grading.similar import Pair
from course.grading.texts import Part, Unread
from course.terminal.console import printable

DIFF_LIMIT = 400  # lines of a file that is compared with the solution, which takes time
FREQUENT = 10  # mistakes that the class's page lists

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["printable"] = printable
_environment.globals |= {"step_title": step_title}


def submission_page(grade: Grade, marks: Marks) -> str:
    """One submission: its checks, the mistakes by name, and what differs from the solutions."""
    failing = [step.step for step in grade.steps if not step.passed]
    diffs = _differences({step: grade.sources[step] for step in failing})
    return _environment.get_template("submission.html").render(grade=grade, marks=marks, diffs=diffs)


def class_page(
    grades: Sequence[Grade], steps: Sequence[int], marks: Marks, pages: Mapping[str, str], pairs: Sequence[Pair]
) -> str:
    """All submissions: points, a heat map of checks by submissions, what goes wrong most, who is alike.

    Args:
        pages: the file name of each submission's page.
    """
    statuses: dict[tuple[int, str], dict[str, str]] = {}  # by step and check, then by submission
    mistakes: Counter[tuple[int, str]] = Counter()
    for grade in grades:
        for step in grade.steps:
            for check in step.checks:
                statuses.setdefault((step.step, check.title), {})[grade.name] = check.status
            mistakes.update({(step.step, check.mistake) for check in step.checks if check.mistake})
    return _environment.get_template("class.html").render(
        grades=grades,
        steps=steps,
        marks=marks,
        pages=pages,
        pairs=pairs,
        statuses=dict(sorted(statuses.items(), key=lambda item: item[0][0])),
        mistakes=mistakes.most_common(FREQUENT),
    )


def _differences(sources: Mapping[int, str]) -> dict[int, list[Part] | str]:
    """What differs in each step, by TODO; or why that is not known, as of a file that is no answer and takes time."""
    too_long = {step for step, source in sources.items() if source.count("\n") > DIFF_LIMIT}
    found: dict[int, list[Part] | str] = dict.fromkeys(too_long, "The file is too long to be compared.")
    short = {step: source for step, source in sources.items() if step not in too_long}
    try:
        return found | texts.differences(short)
    except Unread as error:
        return found | dict.fromkeys(short, f"The file cannot be compared: {error}.")
