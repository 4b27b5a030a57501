"""The grades as web pages: one for each submission and each pair that is alike, one for the class. Each is a file.

A page loads nothing. All that comes from a submission is escaped, and loses what steers a screen.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from course.curriculum.steps import step_title
from course.grading import figures, texts
from course.grading.changes import Change
from course.grading.gradebook import Row
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


def submission_page(row: Row) -> str:
    """One submission, for instructors: its checks, the mistakes by name, and what differs from the solutions."""
    return _page(row, row.title, with_solution=True, is_for_instructors=True)


def feedback_page(row: Row, with_solution: bool) -> str:
    """The same for the person whose it is."""
    name = row.person.name if row.person and row.person.name else row.name
    return _page(row, name, with_solution, is_for_instructors=False)


def _page(row: Row, title: str, with_solution: bool, is_for_instructors: bool) -> str:
    failing = [step.step for step in row.grade.steps if not step.passed]
    sources = row.grade.sources
    diffs = _differences({step: sources[step] for step in failing if step in sources}) if with_solution else {}
    return _environment.get_template("submission.html").render(
        row=row, title=title, diffs=diffs, is_for_instructors=is_for_instructors
    )


def class_page(rows: Sequence[Row], steps: Sequence[int], pairs: Sequence[Pair], changes: Sequence[Change] = ()) -> str:
    """All submissions: points, figures, a heat map of checks by submissions, what goes wrong most, who is alike.

    Args:
        changes: what is not as the last run has left it.
    """
    handed_in = [row for row in rows if row.number]
    statuses: dict[tuple[int, str], dict[str, str]] = {}  # by step and check, then by submission
    mistakes: Counter[tuple[int, str]] = Counter()
    for row in handed_in:
        for step in row.grade.steps:
            for check in step.checks:
                statuses.setdefault((step.step, check.title), {})[row.name] = check.status
            mistakes.update({(step.step, check.mistake) for check in step.checks if check.mistake})
    spread = figures.distribution(rows)
    return _environment.get_template("class.html").render(
        rows=rows,
        handed_in=handed_in,
        steps=steps,
        titles={row.name: row.title for row in rows},
        pairs=pairs,
        changes=changes,
        summaries=[figures.summary(rows), *figures.sections(rows)],
        spread=spread,
        widest=max((count for _, count in spread), default=0),
        hardest=figures.hardest(rows),
        statuses=dict(sorted(statuses.items(), key=lambda item: item[0][0])),
        mistakes=mistakes.most_common(FREQUENT),
    )


def pair_page(pair: Pair, names: Sequence[str]) -> str:
    """Two submissions that are alike, and what they share.

    Args:
        names: what to call the two.
    """
    return _environment.get_template("pair.html").render(pair=pair, names=names)


def _differences(sources: Mapping[int, str]) -> dict[int, list[Part] | str]:
    """What differs in each step, by TODO; or why that is not known, as with a file that takes too long to compare."""
    too_long = {step for step, source in sources.items() if source.count("\n") > DIFF_LIMIT}
    found: dict[int, list[Part] | str] = dict.fromkeys(too_long, "The file is too long to be compared.")
    short = {step: source for step, source in sources.items() if step not in too_long}
    try:
        return found | texts.differences(short)
    except Unread as error:
        return found | dict.fromkeys(short, f"The file cannot be compared: {error}.")
