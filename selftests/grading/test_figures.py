"""The figures of a class of five, worked out by hand."""

from course.grading import figures
from course.grading.figures import Hard, Summary
from course.grading.grade import Grade
from course.grading.gradebook import Row
from course.grading.marks import Marks
from course.grading.roster import Person
from selftests.grading.examples import check, step


def row(id_: str, section: str, *passing: bool, number: int = 1) -> Row:
    checks = [check(title, "passed" if passed else "failed") for title, passed in zip("abcd", passing)]
    steps = [step(2, *checks)] if checks else []
    return Row(id_, Grade(id_, steps), Marks({2: 4}, partial=True), (2,), Person(id_, section=section), number=number)


ROWS = [
    row("1", "Tuesday", True, True, True, True),  # 4 points
    row("2", "Tuesday", True, True, False, True),  # 3
    row("3", "Friday", True, False, False, True),  # 2
    row("4", "Friday", False, False, False, True),  # 1
    row("5", "Friday", number=0),
]


def test_points_of_all_and_of_each_section():
    assert figures.summary(ROWS) == Summary("all", 5, 4, 2.5, 2.5, 1, 4)
    assert figures.sections(ROWS) == [Summary("Friday", 3, 2, 1.5, 1.5, 1, 2), Summary("Tuesday", 2, 2, 3.5, 3.5, 3, 4)]
    assert figures.sections(ROWS[:2]) == [] and figures.summary([]) == Summary("all", 0, 0)


def test_how_the_points_are_spread():
    counts = dict(figures.distribution(ROWS))
    assert list(counts)[:2] == ["0 to 0.4", "0.4 to 0.8"] and len(counts) == 10
    assert {name: count for name, count in counts.items() if count} == {
        "0.8 to 1.2": 1,
        "2 to 2.4": 1,
        "2.8 to 3.2": 1,
        "3.6 to 4": 1,
    }
    assert figures.distribution([]) == []


def test_the_hardest_checks_come_first():
    assert figures.hardest(ROWS) == [Hard(2, "c", 1, 4), Hard(2, "b", 2, 4), Hard(2, "a", 3, 4)]
