"""Each first attempt of the corpus is told what is wrong, in the learner's terms, and where."""

from collections import Counter

import pytest

from course.curriculum.steps import FINISH, STEPS
from course.curriculum.todos import read_todos
from course.terminal import console
from tools.attempts import Attempt, read_attempts, report

COURSE = [step for step in STEPS if step <= FINISH]
ATTEMPTS = [attempt for step in COURSE for attempt in read_attempts(step)]
# python -m tools.attempts runs them all. Step 14's are left to it: each takes as long as all of a small step's.
SOME = [attempt for step in COURSE if step < FINISH for attempt in read_attempts(step)[::3]]


@pytest.fixture
def narrow(monkeypatch):
    """A terminal of 80 columns."""
    monkeypatch.setattr(console.out, "soft_wrap", False)
    monkeypatch.setattr(console.out, "width", 80)


@pytest.mark.parametrize("attempt", SOME, ids=lambda attempt: f"{attempt.step:02}-{attempt.id}")
def test_the_report_says_what_is_wrong_and_where(attempt: Attempt, device, narrow):
    told = report(attempt)
    assert told.faults(attempt) == [], told.text


def test_there_are_many_at_every_step():
    counts = Counter(attempt.step for attempt in ATTEMPTS)
    assert sum(counts.values()) >= 150 and min(counts[step] for step in COURSE) >= 10
    assert len({(attempt.step, attempt.id) for attempt in ATTEMPTS}) == len(ATTEMPTS)


def test_each_can_be_made():
    assert all(attempt.source() for attempt in ATTEMPTS)


def test_every_todo_has_one():
    assert {(attempt.step, attempt.todo) for attempt in ATTEMPTS} == {
        (step, todo.number) for step in COURSE for todo in read_todos(step)
    }


def test_a_report_that_says_something_else_is_at_fault(device, narrow):
    right = next(attempt for attempt in ATTEMPTS if (attempt.step, attempt.id) == (4, "erf"))
    wrong = Attempt(4, "erf", right.edits, "no such words", 1)
    assert report(wrong).faults(wrong) == ["does not say 'no such words'", "sends to TODO 2, not to 1"]
