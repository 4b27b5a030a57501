"""Where a report sends a learner is where the mistake is: the diagnosis, the last line and the hint name one TODO."""

from datetime import datetime

import pytest

from course.curriculum.catalogue import read_mistakes, recording
from course.curriculum.steps import STEPS, checks_path
from course.curriculum.todos import changed_todos, read_todos
from course.judging import run
from course.judging.process import ON_SOLUTIONS
from course.judging.recognition import same
from course.judging.verdicts import StepResult, Verdict
from course.learner.hints import stuck_at
from course.learner.memory import Checked
from course.terminal import verdicts

MISTAKES = [mistake for step in STEPS for mistake in read_mistakes(step)]


def result_of(mistake, path) -> StepResult:
    """What the checks make of a mistake, from what is recorded of it: nothing is run."""
    known = recording(mistake.step)
    recorded = known[mistake.id]
    path.write_text(mistake.source(), encoding="utf-8")
    checking = run._Run([mistake.step], path.parent, ON_SOLUTIONS, None)
    likely = read_todos(mistake.step)[-1].number  # what a check that knows no diagnosis would blame
    for name in sorted(recorded.always):
        seen = recorded.seen.get(name)
        ids = [id for id, other in known.items() if seen and name in other.seen and same(seen, other.seen[name])]
        id = f"{checks_path(mistake.step).name}::{name}"
        checking.checks[id] = Verdict(id, name, [likely], status="failed", actual="something else", mistakes=ids)
        checking.step_of[id] = mistake.step
    return checking.result(mistake.step)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.step:02}-{mistake.id}")
def test_the_report_its_last_line_and_the_hint_name_the_todo_of_the_mistake(mistake, tmp_path, capsys):
    result = result_of(mistake, tmp_path / f"step_{mistake.step:02}.py")
    named = [check for check in result.checks if check.mistake]
    assert any(mistake.title in (check.mistake or "") for check in named)
    alone = {check.todo for check in named if check.mistake == mistake.title}
    places = {other.todo for other in read_mistakes(mistake.step) if other.title == mistake.title}
    assert alone <= places
    verdicts.show(result)
    last = capsys.readouterr().out.splitlines()[-1]
    assert f"TODO {result.culprit}: " in last and result.culprit == named[0].todo
    checked = Checked(datetime.min, "", 0, 1, result.culprit)
    assert stuck_at(mistake.step, mistake.source(), checked).number == result.culprit


def test_a_mistake_is_made_where_it_differs_from_the_solution_or_where_its_entry_says():
    known = {(mistake.step, mistake.id): mistake for mistake in MISTAKES}
    assert known[2, "no-exclude"].todo == 2
    assert known[3, "gamma-beta-swapped"].todo == 2
    assert known[8, "softmax-over-queries"].todo == 3
    assert known[8, "weights-transposed"].todo == 4
    assert known[3, "other-default"].todo == 1  # in the signature, above all TODOs: its entry says so
    assert known[11, "old-x"].todo == 3  # its edits change TODO 2, too
    assert all(mistake.todo for mistake in MISTAKES)
    assert changed_todos(8, known[8, "mask-after-softmax"].source()) == [2, 3]
