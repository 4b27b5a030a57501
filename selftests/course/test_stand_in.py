"""The solution's code stands in for TODOs of a learner's file."""

import threading

import pytest

from course.curriculum.stand_in import NoPlace, stand_in
from course.curriculum.steps import STEPS
from course.curriculum.todos import read_todos
from course.judging.isolation import check_apart, isolate
from course.judging.process import Cancelled
from course.judging.run import judge
from tools.attempts import Attempt


@pytest.mark.parametrize("step", STEPS)
def test_in_a_skeleton_it_makes_the_solution(step):
    numbers = [todo.number for todo in read_todos(step)]
    begun = Attempt(step, "", (), "", 1, tuple(numbers)).source()
    solved = Attempt(step, "", (), "", 1).source()
    filled = stand_in(step, begun, numbers)

    def code(text: str) -> list[str]:
        return [line for line in text.splitlines() if line.strip()]

    assert code(filled.text) == code(solved)
    rows = begun.splitlines()
    pairs = zip(filled.text.splitlines(), filled.lines, strict=True)
    assert all(line is None or rows[line - 1] == text for text, line in pairs)


def test_names_of_the_learners_reach_it_and_its_names_reach_them():
    edits = (("    closed = F.broadcast_to", "    table = F.broadcast_to"), ("band_part(closed,", "band_part(table,"))
    attempt = Attempt(2, "", edits, "", 1)
    assert "    closed = table\n" in stand_in(2, attempt.source(), [2]).text
    assert "    table = closed\n" in stand_in(2, attempt.source(), [1]).text


def test_a_file_with_another_frame_is_refused():
    with pytest.raises(NoPlace, match="TODO 1 is not there"):
        stand_in(3, "x = 1\n", [1])


def test_a_half_done_step_is_judged_in_a_process_of_its_own(tmp_path):
    path = tmp_path / "step_03.py"
    for edits, right in (((), [1]), ((("Tensor.ones([dim])", "Tensor.zeros([dim])"),), [])):
        path.write_text(Attempt(3, "", edits, "", 1, (2,)).source(), encoding="utf-8")
        (result,) = judge([3], tmp_path)
        isolate(result)
        assert result.right_todos == right and result.culprit == (2 if right else 1)


def test_the_process_ends_once_nobody_waits_for_it(tmp_path):
    (tmp_path / "step_03.py").write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    cancelled = threading.Event()
    threading.Timer(1, cancelled.set).start()
    with pytest.raises(Cancelled):
        check_apart(3, [tmp_path], 1, cancelled)
