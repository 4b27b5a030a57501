"""What everybody gets in the end: points from verdicts, deadlines and what was decided by hand, with the reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from course.grading import reference
from course.grading.deadlines import Lateness, Moment
from course.grading.grade import Grade, file_name
from course.grading.joining import Attempt
from course.grading.marks import Marks
from course.grading.overrides import Override
from course.grading.roster import Person, Roster
from course.refusal import Refusal

ABSENT = "handed in nothing"


@dataclass(frozen=True)
class Row:
    """One person, or one submission of nobody in the roster.

    Attributes:
        grade: of the attempt that counts.
        number: which attempt that is, 1 for the first; 0 where there is none.
        attempts: how many there are.
    """

    name: str
    grade: Grade
    marks: Marks
    steps: tuple[int, ...]
    person: Person | None = None
    moment: Moment | None = None
    lateness: Lateness = field(default_factory=Lateness)
    number: int = 1
    attempts: int = 1
    overrides: tuple[Override, ...] = ()
    note: str = ""  # what an instructor has to know, and the person need not
    file: str = ""  # the name for files about it
    is_in_roster: bool = True  # or there is none
    place: Path | None = None  # where it lies; a group has one for all

    @property
    def title(self) -> str:
        """What to call it on a page for instructors."""
        return self.person.title if self.person else self.name

    @property
    def status(self) -> str:
        """graded, absent, unknown or failed: whether there is anything behind the points, and whose it is."""
        if not self.number:
            return "absent"
        if not self.is_in_roster:
            return "unknown"
        return "failed" if self.grade.error else "graded"

    @property
    def most(self) -> float:
        """The points of all steps, whether they were handed in or not."""
        return sum(map(self.marks.most, self.steps))

    def earned(self, step: int) -> float:
        """The points of a step, by its checks or by hand, before what lateness costs."""
        decided = self._by_hand(step)
        if decided is not None:
            return decided
        return sum(self.marks.earned(each) for each in self.grade.steps if each.step == step)

    @property
    def raw(self) -> float:
        """The points of all steps before what lateness costs."""
        return sum(map(self.earned, self.steps))

    @property
    def points(self) -> float:
        """What counts in the end."""
        decided = self._by_hand(None)
        return decided if decided is not None else round(self.raw * self.lateness.keeps, 6)

    @property
    def remarks(self) -> list[str]:
        """What there is to say beside the points, to the person as well."""
        lost = self.raw - round(self.raw * self.lateness.keeps, 6)
        cost = f": {lost:g} points less" if lost and self._by_hand(None) is None else ""
        several = f"attempt {self.number} of {self.attempts} counts" if self.attempts > 1 else ""
        late = self.lateness.why + cost if self.lateness.why else ""
        return [each for each in (several, late, *map(str, self.overrides)) if each]

    def _by_hand(self, step: int | None) -> float | None:
        return next((each.points for each in self.overrides if each.step == step and each.points is not None), None)


def to_judge(attempts: Sequence[Attempt], marks: Marks) -> list[Attempt]:
    """The attempts that may count: of each person one, or all where the best one counts. Each has a name of its own.

    Raises:
        Refusal: an extension of the roster makes no sense.
    """
    chosen: list[Attempt] = []
    for several in _by_person(attempts):
        rule = marks.deadline.attempt
        in_time = [attempt for attempt in several if not lateness(attempt, marks).is_late]
        if rule == "best":
            chosen += several
        elif rule == "last in time" and in_time:
            chosen.append(in_time[-1])
        else:
            chosen.append(several[0 if rule == "first" else -1])
    names = [attempt.name for attempt in chosen]
    return [
        replace(each, name=f"{each.name} attempt {each.number}") if names.count(each.name) > 1 else each
        for each in chosen
    ]


def lateness(attempt: Attempt, marks: Marks) -> Lateness:
    """How late an attempt came. Raises Refusal where the roster's extension makes no sense."""
    extension = attempt.person.extension if attempt.person else ""
    try:
        return marks.deadline.lateness(attempt.moment, attempt.owner, extension)
    except ValueError as error:
        raise Refusal(f"the roster's {error} of {attempt.owner}") from None


def gradebook(
    attempts: Sequence[Attempt],
    judged: Sequence[Attempt],
    grades: Iterable[Grade],
    steps: Sequence[int],
    marks: Marks,
    roster: Roster | None = None,
    overrides: Iterable[Override] = (),
) -> list[Row]:
    """A row for everybody: those of the roster in its order, the absent too, then those who are not in it.

    Args:
        attempts: all there are.
        judged: those that were judged, and ``grades`` theirs.
    """
    by_hand: dict[str, list[Override]] = {}
    for each in overrides:
        by_hand.setdefault(each.who, []).append(each)
    counts = {several[0].who: len(several) for several in _by_person(attempts)}
    found: dict[str, Row] = {}
    for attempt, grade in zip(judged, grades):
        name = attempt.owner
        row = Row(
            name,
            replace(grade, name=name),
            marks,
            tuple(steps),
            attempt.person,
            attempt.moment,
            lateness(attempt, marks),
            attempt.number,
            counts[attempt.who],
            tuple(by_hand.get(name, ())),
            "; ".join(filter(None, [attempt.note, reference.told(grade.sources)])),
            file_name(attempt.path.name, attempt.path),
            is_in_roster=roster is None or attempt.person is not None,
            place=attempt.source,
        )
        if attempt.who not in found or row.points > found[attempt.who].points:
            found[attempt.who] = row
    of_people = {row.person.id: row for row in found.values() if row.person}
    rows = []
    for person in roster.people if roster else ():
        nothing = Grade(person.id, [], ABSENT)
        decided = tuple(by_hand.get(person.id, ()))
        absent = Row(person.id, nothing, marks, tuple(steps), person, number=0, attempts=0, overrides=decided)
        rows.append(of_people.get(person.id, absent))
    return [*rows, *(row for row in found.values() if not row.person)]


def _by_person(attempts: Sequence[Attempt]) -> Iterable[list[Attempt]]:
    groups: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        groups.setdefault(attempt.who, []).append(attempt)
    return groups.values()
