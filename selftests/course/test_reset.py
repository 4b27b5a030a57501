"""reset brings the skeleton back, and loses nothing that stood there."""

import pytest

from course.commands import app
from course.curriculum.steps import solution_path
from course.curriculum.todos import skeleton
from course.learner import memory as state
from course.learner import reset


def fresh(step: int) -> bytes:
    return skeleton(solution_path(step).read_text(encoding="utf-8"), step)[0].encode()


def copies(learner):
    return sorted((learner / ".course" / "backups").glob("*"))


@pytest.mark.parametrize("work", [b"my = 'work'\n", b"windows = 1\r\nmac = 2\r", b"\xff\xfe\x00 not text", b""])
def test_the_skeleton_comes_back_and_the_work_is_kept_byte_for_byte(learner, capsys, work):
    path = learner / "steps" / "step_05.py"
    path.write_bytes(work)
    reset.reset(5)
    (kept,) = copies(learner)
    assert path.read_bytes() == fresh(5)
    assert kept.read_bytes() == work
    assert f"Your file is kept: .course/backups/{kept.name}" in capsys.readouterr().out


def test_no_copy_takes_the_place_of_another(learner):
    works = [f"attempt = {number}\n".encode() for number in range(5)]
    for work in works:  # within a second or two: their dates are not enough to tell them apart
        (learner / "steps" / "step_05.py").write_bytes(work)
        reset.reset(5)
    assert sorted(kept.read_bytes() for kept in copies(learner)) == works


def test_a_skeleton_stays_as_it_is(learner, capsys):
    reset.reset(5)
    assert "steps/step_05.py is the skeleton already" in capsys.readouterr().out
    assert copies(learner) == []


def test_a_missing_step_is_written(learner):
    (learner / "steps" / "step_05.py").unlink()
    reset.reset(5)
    assert (learner / "steps" / "step_05.py").read_bytes() == fresh(5)
    assert copies(learner) == []


def test_without_a_copy_nothing_is_written(learner):
    path = learner / "steps" / "step_05.py"
    path.write_bytes(b"my = 'work'\n")
    (learner / ".course").write_bytes(b"in the way")
    with pytest.raises(OSError):
        reset.reset(5)
    assert path.read_bytes() == b"my = 'work'\n"


def test_hints_begin_anew_for_this_step_alone(learner):
    with state.change() as memory:
        memory[5].hints[1] = memory[6].hints[1] = 3
    (learner / "steps" / "step_05.py").write_bytes(b"my = 'work'\n")
    reset.reset(5)
    assert state.read()[5].hints == {} and state.read()[6].hints == {1: 3}


def test_the_command_names_the_copy_from_where_the_user_is(run, copy):
    (copy / "steps" / "step_05.py").write_bytes(b"my = 'work'\n")
    done = run("reset", "5", INIT_CWD=str(copy / "steps"))
    assert done.returncode == 0
    assert "../.course/backups/step_05-" in done.stdout and "step_05.py is the skeleton again" in done.stdout


@pytest.mark.parametrize("arguments", [[], ["all"], ["99"]])
def test_it_wants_to_know_which_step(arguments):
    with pytest.raises(SystemExit) as refused:
        app(["reset", *arguments])
    assert refused.value.code == 2
