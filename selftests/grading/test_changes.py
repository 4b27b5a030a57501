"""A second run says for whom something has changed, and why; where nothing has, it says nothing."""

from dataclasses import replace

import pytest

from course.grading import changes, kept
from course.grading.deadlines import Lateness
from course.grading.grade import Grade
from course.grading.gradebook import Row
from course.grading.marks import Marks
from course.grading.overrides import Override
from course.grading.roster import Person
from selftests.grading.examples import check, step


def row(
    id_: str = "1001", passing: tuple[int, ...] = (2,), failing: tuple[int, ...] = (), text: str = "mine", **named
) -> Row:
    steps = [step(each, check("it does", "passed")) for each in passing]
    steps += [step(each, check("it does", "failed")) for each in failing]
    grade = Grade(id_, steps, sources={each.step: text for each in steps})
    return Row(id_, grade, **{"marks": Marks(), "steps": (2, 8), "person": Person(id_, "Ada"), **named})


def said(tmp_path, before: list[Row], after: list[Row]) -> list[str]:
    changes.keep(before, tmp_path)
    return [str(each) for each in changes.changes(after, tmp_path)]


def test_of_a_first_run_and_of_the_same_run_nothing_is_said(tmp_path):
    assert changes.changes([row()], tmp_path) == []
    (tmp_path / "last_run.json").write_text("[]")
    assert changes.changes([row()], tmp_path) == []
    assert said(tmp_path, [row()], [row()]) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([], [row()], "nothing → 1: new"),
        ([row()], [], "1 → nothing: no longer there"),
        (
            [row()],
            [row(failing=(2,), passing=(), text="other")],
            "1 → 0: step 02 has changed: 0 of 1 checks pass, 1 of 1 did",
        ),
        ([row()], [row(failing=(2,), passing=())], "1 → 0: step 02 is the same, and was judged again: 0 of 1 checks"),
        ([row()], [row(passing=(2, 8))], "1 → 2: step 08 is there now"),
        ([row(passing=(2, 8))], [row()], "2 → 1: step 08 is no longer there"),
        ([row()], [row(marks=Marks({2: 3}))], "1 → 3: the file of points has changed"),
        ([row()], [row(lateness=Lateness(1, 0.5, "1 day late"))], "1 → 0.5: 1 day late, was in time"),
        ([row()], [row(overrides=(Override("1001", None, 2.0),))], "1 → 2: by hand: 2 points by hand"),
        ([row()], [row(number=2, attempts=2)], "1 as before: attempt 2 counts, was 1"),
        ([row(number=0, passing=())], [row()], "0 → 1: graded, was absent"),
        ([row(steps=(2,))], [row(passing=(2, 8))], "1 → 2: other steps are graded"),
    ],
)
def test_what_has_changed_and_why(tmp_path, before, after, told):
    one, other = (row("1002", steps=rows[0].steps if rows else (2, 8)) for rows in (before, after))
    (found,) = said(tmp_path, [*before, one], [*after, other])
    assert found.startswith(f"Ada (1001): {told}")


def test_new_checks_are_the_reason_where_the_file_is_the_same(tmp_path, monkeypatch):
    changes.keep([row()], tmp_path)
    monkeypatch.setattr(kept, "judges", lambda: b"changed")
    (found,) = changes.changes([row(passing=(), failing=(2,))], tmp_path)
    assert "step 02 is the same, and its checks have changed: 0 of 1" in str(found)
    assert changes.changes([replace(row())], tmp_path) == []  # nobody's points have
