"""What is late by how much, and what it costs: by hand, from a deadline and a time."""

from datetime import datetime, timedelta, timezone

import pytest

from course.grading.deadlines import Deadline, Moment

DUE = datetime(2026, 11, 20, 23, 59, tzinfo=timezone.utc)


def made(**named) -> Deadline:
    return Deadline.parse({"due": DUE, **named})


def after(**time) -> Moment:
    return Moment(DUE + timedelta(**time), "metadata")


def test_without_a_deadline_nothing_is_late():
    assert Deadline().lateness(after(days=9)).keeps == 1.0


def test_what_comes_in_time_or_within_the_grace_keeps_all():
    deadline = made(grace="15 minutes", late="per day", penalty=0.25)
    for moment in (after(days=-1), after(), after(minutes=15)):
        assert (deadline.lateness(moment).days, deadline.lateness(moment).keeps) == (0, 1.0)
    assert deadline.lateness(after(minutes=16)).days == 1


@pytest.mark.parametrize(
    ("policy", "hours", "days", "keeps"),
    [
        ({}, 30, 2, 1.0),  # said, and free
        ({"late": "constant", "penalty": 0.5}, 1, 1, 0.5),
        ({"late": "constant", "penalty": 0.5}, 99, 5, 0.5),
        ({"late": "per day", "penalty": 0.25}, 24, 1, 0.75),
        ({"late": "per day", "penalty": 0.25}, 25, 2, 0.5),
        ({"late": "per day", "penalty": 0.25}, 999, 42, 0.0),
        ({"late": "late days", "penalty": 0.25, "late_days": 2}, 48, 2, 1.0),
        ({"late": "late days", "penalty": 0.25, "late_days": 2}, 49, 3, 0.75),
    ],
)
def test_policies(policy, hours, days, keeps):
    lateness = made(**policy).lateness(after(hours=hours))
    assert (lateness.days, lateness.keeps) == (days, keeps)
    assert lateness.why.startswith(f"{days} day")


@pytest.mark.parametrize("extension", ["2 days", "48h", "2026-11-22T23:59:00+00:00", "2026-11-22T23:59:00Z"])
def test_extensions_of_the_roster_and_of_the_table_are_the_same(extension):
    assert made().lateness(after(hours=48), "1001", extension).days == 0
    assert made(extensions={"1001": extension}).lateness(after(hours=48), "1001").days == 0
    assert made(extensions={"1001": extension}).lateness(after(hours=48), "1002").days == 2
    assert made(extensions={"1001": "1 day"}).lateness(after(hours=48), "1001", extension).days == 0  # the longer one


def test_a_day_alone_means_its_end_here():
    assert made(extensions={"7": "2026-11-25"}).due_for("7") == datetime(2026, 11, 25, 23, 59, 59).astimezone()


def test_a_platform_that_says_late_and_not_how_late_means_a_day():
    deadline = made(late="per day", penalty=0.25)
    lateness = deadline.lateness(Moment(None, "Canvas", True))
    assert (lateness.days, lateness.keeps) == (1, 0.75) and "does not say how late" in lateness.why
    assert deadline.lateness(Moment(DUE + timedelta(days=9), "Canvas", False)).days == 0
    assert deadline.lateness(Moment(DUE + timedelta(hours=30), "Canvas", True)).days == 2


def test_an_extension_that_the_platform_does_not_know_counts():
    lateness = made().lateness(Moment(DUE + timedelta(hours=30), "Canvas", True), "1001", "2 days")
    assert lateness.days == 0 and "taken as in time, with an extension" in lateness.why
    assert made().lateness(Moment(None, "Canvas", True), "1001", "2 days").days == 0
    assert made().lateness(Moment(DUE + timedelta(hours=50), "Canvas", True), "1001", "2 days").days == 1


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"due": "tomorrow"}, "due = 'tomorrow'"),
        ({"due": 3}, "due = 3"),
        ({"grace": "1 day"}, "grace without due"),
        ({"due": DUE, "grace": "a while"}, "grace = 'a while'"),
        ({"due": DUE, "grace": "3 moons"}, "grace = '3 moons'"),
        ({"due": DUE, "late": "weekly"}, "late = 'weekly'"),
        ({"due": DUE, "late": "constant"}, "without a penalty"),
        ({"due": DUE, "penalty": 2}, "penalty = 2"),
        ({"due": DUE, "penalty": True}, "penalty = True"),
        ({"due": DUE, "late_days": -1}, "late_days = -1"),
        ({"due": DUE, "late_days": 2}, "needs late = 'late days'"),
        ({"due": DUE, "attempt": "luckiest"}, "attempt = 'luckiest'"),
        ({"due": DUE, "extensions": {"1001": "soon"}}, "extensions.1001 = 'soon'"),
        ({"due": DUE, "extensions": 3}, "extensions = 3"),
        ({"due": DUE, "dew": 1}, "dew"),
    ],
)
def test_what_makes_no_sense_is_refused(table, named):
    with pytest.raises(ValueError) as error:
        Deadline.parse(table)
    assert named in str(error.value)
