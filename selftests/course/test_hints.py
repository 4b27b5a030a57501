"""Each hint opens one tier more, for the TODO where the learner is stuck."""

import json
import os
import subprocess
import sys
from datetime import datetime

import pytest

from course.commands import app
from course.curriculum.steps import LAST, read_source, solution_path
from course.curriculum.todos import read_todos
from course.learner import hints
from course.learner import memory as state
from course.learner.hints import stuck_at
from course.learner.memory import Checked


def solved(step: int, *numbers: int) -> str:
    """A step in which these TODOs are solved: the others raise."""
    source = read_source(solution_path(step))
    for todo in read_todos(step):
        if todo.number not in numbers:
            code = "\n".join(todo.code)
            indent = code[: len(code) - len(code.lstrip())]
            source = source.replace(
                code, f'{indent}raise NotImplementedError("step {step:02}, TODO {todo.number}: do")'
            )
    return source


def blaming(todo: int | None) -> Checked:
    return Checked(datetime(2026, 11, 23, 14, 5, 9), "", right=1, checks=2, todo=todo)


def opened(capsys) -> list[str]:
    """Open a hint for step 14 and read off which tiers are printed."""
    hints.show(14)
    return [line.split()[0] for line in capsys.readouterr().out.splitlines() if line[1:2] == "/"]


def test_each_call_opens_one_tier_more(learner, capsys):
    assert opened(capsys) == ["1/3"]
    assert opened(capsys) == ["1/3", "2/3"]
    assert opened(capsys) == ["1/3", "2/3", "3/3"]
    assert opened(capsys) == ["1/3", "2/3", "3/3"]


def test_the_hint_is_the_one_beside_the_todo(learner, capsys):
    hints.show(14)
    printed = " ".join(capsys.readouterr().out.split())
    assert "TODO 1 (line 13)" in printed
    assert read_todos(14)[0].hints[0] in printed and read_todos(14)[0].hints[1] not in printed


def test_it_says_what_comes_next(learner, capsys):
    hints.show(3)
    assert "./run hint 3 opens 2/3: the tool" in capsys.readouterr().out
    hints.show(3)
    assert "./run hint 3 opens 3/3: nearly the code" in capsys.readouterr().out
    hints.show(3)
    assert "That was the last hint; ./run diff 3 shows the solution" in capsys.readouterr().out


def test_another_todo_begins_with_its_own_first_hint(learner, capsys):
    hints.show(9)
    hints.show(9)
    (learner / "steps" / "step_09.py").write_text(solved(9, 1))
    capsys.readouterr()
    hints.show(9)
    printed = capsys.readouterr().out
    assert "TODO 2" in printed and "1/3" in printed and "2/3  " not in printed


# Where the learner is stuck


def test_stuck_at_the_first_open_todo():
    assert stuck_at(9, solved(9, 1, 3), None).number == 2


def test_an_open_todo_comes_before_one_that_a_check_blames():
    assert stuck_at(9, solved(9, 1, 2), blaming(1)).number == 3


def test_with_no_todo_open_stuck_where_the_last_check_says():
    assert stuck_at(9, solved(9, 1, 2, 3, 4), blaming(3)).number == 3


@pytest.mark.parametrize("checked", [None, blaming(None), blaming(99)])
def test_with_nothing_to_go_by_stuck_at_the_first(checked):
    assert stuck_at(9, solved(9, 1, 2, 3, 4), checked).number == 1


def test_stuck_at_the_todo_with_the_syntax_error():
    source = solved(9, 1, 2, 3, 4).replace("return x.transpose(1, 2)", "return x.transpose(1, 2")
    assert stuck_at(9, source, None).number == 3


@pytest.mark.parametrize("source", ["\0\x1b[2J", "- " * 20000 + "1", ""])
def test_a_file_that_nobody_can_read_gets_the_first_hint(source):
    assert stuck_at(9, source, None).number == 1


# The memory


def test_the_memory_is_for_people_to_read(learner):
    hints.show(14)
    assert json.loads((learner / ".course" / "state.json").read_text()) == {"14": {"hints": {"1": 1}}}


@pytest.mark.parametrize(
    "damaged", [b"", b"{", b"\xff", b"[]", b'{"14": 3}', b'{"14": {"hints": {"a": 1}}}', b'{"1": {"hints": {"1": -2}}}']
)
def test_a_damaged_memory_is_set_aside_and_a_new_one_begins(learner, capsys, damaged):
    (learner / ".course").mkdir()
    (learner / ".course" / "state.json").write_bytes(damaged)
    hints.show(14)
    printed = capsys.readouterr()
    (kept,) = (learner / ".course" / "backups").iterdir()
    assert kept.read_bytes() == damaged
    assert f"kept as .course/backups/{kept.name}" in " ".join(printed.err.split())
    assert "1/3" in printed.out and state.read()[14].hints == {1: 1}


def test_a_missing_step_is_refused_with_the_way_out(learner):
    with pytest.raises(FileNotFoundError, match=r"steps/step_07.py is not there; ./run reset 7"):
        (learner / "steps" / "step_07.py").unlink()
        hints.show(7)


# The command


def test_without_a_number_the_first_step_that_is_not_done(run):
    done = run("hint", COLUMNS="40", INIT_CWD=os.fspath("/"))
    assert done.returncode == 0
    assert done.stdout.startswith("Step 01") and "\x1b" not in done.stdout


@pytest.mark.sandbox
def test_hints_open_one_after_another_in_a_course_that_nobody_can_write_to(copy, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    walls = ["bwrap", "--bind", "/", "/", "--dev-bind", "/dev", "/dev", "--ro-bind", copy, copy]
    environment = {**os.environ, "HOME": str(home), "XDG_STATE_HOME": "", "NO_COLOR": "1"}
    command = [*walls, sys.executable, "-m", "course", "hint", "8"]
    for tier in ("1/3", "2/3"):
        ran = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
        assert ran.returncode == 0 and tier in ran.stdout, ran.stderr


@pytest.mark.parametrize("number", ["0", "99", "two", "²"])
def test_a_number_that_is_no_step_is_refused(capsys, number):
    with pytest.raises(SystemExit) as refused:
        app(["hint", number])
    assert refused.value.code == 2
    assert f"{number!r} is not a step: expected 1 to {LAST}" in " ".join(capsys.readouterr().err.split())


def test_the_hints_of_every_todo_can_be_reached(learner, capsys):
    for todo in read_todos(2):
        hints.show(2, todo.number)
        printed = " ".join(capsys.readouterr().out.split())
        assert f"TODO {todo.number} " in printed and todo.hints[0] in printed
        assert f"./run hint 2 --todo {todo.number} opens 2/3" in printed
    with pytest.raises(ValueError, match="step 02 has no TODO 3: its TODOs are 1 to 2"):
        hints.show(2, 3)
    assert "TODO 3" not in capsys.readouterr().out


def test_a_todo_can_be_named_on_the_command_line(learner, capsys):
    with pytest.raises(SystemExit) as ended:
        app(["hint", "2", "--todo", "2"])
    assert ended.value.code == 0
    assert read_todos(2)[1].hints[0] in " ".join(capsys.readouterr().out.split())
    for number, told in (("3", "step 02 has no TODO 3: its TODOs are 1 to 2"), ("0", "--todo"), ("two", "--todo")):
        with pytest.raises(SystemExit) as refused:
            app(["hint", "2", "--todo", number])
        assert refused.value.code == 2
        assert told in " ".join(capsys.readouterr().err.replace("│", " ").split())
