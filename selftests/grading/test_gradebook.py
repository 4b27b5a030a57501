"""Everybody's points: from checks, deadlines and decisions by hand, with the absent and the unknown."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from course.grading.deadlines import Deadline, Moment
from course.grading.grade import Grade
from course.grading.gradebook import gradebook, to_judge
from course.grading.joining import Attempt
from course.grading.marks import Marks
from course.grading.overrides import Override
from course.grading.roster import Person, Roster
from course.refusal import Refusal
from selftests.grading.examples import check, step

DUE = datetime(2026, 11, 20, tzinfo=timezone.utc)
STEPS = (2, 8, 14)
ADA, BOB, EVE = (
    Person(id_, name, section=section)
    for id_, name, section in (("1", "Ada", "A"), ("2", "Bob", "B"), ("3", "Eve", "B"))
)
ROSTER = Roster((ADA, BOB, EVE))
MARKS = Marks({14: 3}, deadline=Deadline(DUE, late="per day", penalty=0.25))


def attempt(person: Person | None, number: int = 1, days: float = -1, name: str = "") -> Attempt:
    name = person.id if person else name
    return Attempt(
        name, Path(name), person=person, number=number, moment=Moment(DUE + timedelta(days=days), "Git"), who=name
    )


def grade(name: str, *passing: int, failing: tuple[int, ...] = ()) -> Grade:
    steps = [step(each, check("it does", "passed")) for each in passing]
    return Grade(name, [*steps, *(step(each, check("it does", "failed")) for each in failing)])


def book(attempts: list[Attempt], grades: list[Grade], marks: Marks = MARKS, roster: Roster | None = ROSTER, **named):
    judged = to_judge(attempts, marks)
    by_name = {each.name: each for each in grades}
    return gradebook(attempts, judged, [by_name[each.name] for each in judged], STEPS, marks, roster, **named)


def test_ten_of_thirty_counts_steps_that_were_not_handed_in():
    (row,) = book([attempt(None, name="zed")], [grade("zed", 2, failing=(8,))], roster=None)
    assert (row.points, row.most, row.status, row.title) == (1, 5, "graded", "zed")


def test_the_absent_and_the_unknown_have_rows():
    rows = book([attempt(None, name="zed"), attempt(BOB)], [grade("zed", 2), grade("2", 2, 14)])
    assert [(row.title, row.status, row.points, row.most) for row in rows] == [
        ("Ada (1)", "absent", 0, 5),
        ("Bob (2)", "graded", 4, 5),
        ("Eve (3)", "absent", 0, 5),
        ("zed", "unknown", 1, 5),
    ]


def test_what_is_late_costs_and_says_so():
    late = book([attempt(BOB, days=1.5)], [grade("2", 2, 14)])[1]
    assert late.points == 4 * 0.5 and late.remarks == ["2 days late: 2 points less"]
    extended = Roster((ADA, replace(BOB, extension="2 days"), EVE))
    bob = attempt(extended.people[1], days=1.5)
    assert book([bob], [grade("2", 2, 14)], roster=extended)[1].points == 4
    with pytest.raises(Refusal, match="extension = 'a bit'.* of 2"):
        book([attempt(replace(BOB, extension="a bit"))], [grade("2", 2)])


def test_what_is_decided_by_hand_counts_and_says_so():
    late = attempt(BOB, days=0.5)
    decided = [
        Override("2", 8, 0.5, "half right"),
        Override("2", None, None, "nice"),
        Override("1", None, 2.0, "spoke of it"),
    ]
    ada, bob, _ = book([late], [grade("2", 2, 14, failing=(8,))], overrides=decided)
    assert bob.points == 4.5 * 0.75
    assert bob.remarks == ["1 day late: 1.125 points less", "step 08: 0.5 points by hand: half right", "nice"]
    assert (ada.points, ada.status, ada.remarks) == (2, "absent", ["2 points by hand: spoke of it"])
    whole = book([late], [grade("2", 2)], overrides=[Override("2", None, 5.0)])[1]
    assert whole.points == 5 and whole.remarks == ["1 day late", "5 points by hand"]  # nothing is taken off that


@pytest.mark.parametrize(
    ("rule", "points", "number"), [("last", 2.25, 3), ("first", 1, 1), ("last in time", 2, 2), ("best", 3, 2)]
)
def test_which_attempt_counts(rule, points, number):
    marks = replace(MARKS, deadline=replace(MARKS.deadline, attempt=rule))
    attempts = [attempt(BOB, 1, -3), attempt(BOB, 2, -1), attempt(BOB, 3, 0.5)]
    steps = {1: (2,), 2: (14,) if rule == "best" else (2, 8), 3: (14,)}
    names = {each.number: each.name for each in to_judge(attempts, marks)}
    row = book(attempts, [grade(name, *steps[each]) for each, name in names.items()], marks)[1]
    assert (row.points, row.number, row.attempts, row.name) == (points, number, 3, "2")
    assert row.grade.name == "2" and f"attempt {number} of 3 counts" in row.remarks
    assert len(names) == (3 if rule == "best" else 1)


def test_where_all_is_late_the_last_one_counts():
    marks = replace(MARKS, deadline=replace(MARKS.deadline, attempt="last in time"))
    assert [each.number for each in to_judge([attempt(BOB, 1, 1), attempt(BOB, 2, 2)], marks)] == [2]
