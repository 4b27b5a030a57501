"""diff shows what a step and its solution have that the other has not, TODO by TODO."""

import ast
import os
import pty
import subprocess
import sys

import pytest
from rich.console import Console

from course.curriculum.difference import compare
from course.curriculum.statements import statements
from course.curriculum.steps import STEPS, read_source, solution_path
from course.curriculum.todos import read_todos, skeleton
from course.learner import diff
from course.terminal import console


def solution(step: int) -> str:
    return read_source(solution_path(step))


def without_comments(source: str) -> str:
    return ast.unparse(ast.parse(source))


def differing(source: str, step: int) -> dict[str, list[tuple[str, str]]]:
    """What differs, by the number of the TODO or "Outside": the learner's text and the solution's."""
    found = {}
    for section in compare(source, step):
        texts = [(own.text if own else "", other.text if other else "") for own, other in section.pairs]
        if not section.is_same:
            found[section.title.removeprefix("TODO ").split()[0].rstrip(":")] = [(a, b) for a, b in texts if a != b]
    return found


# What is the same


@pytest.mark.parametrize("step", STEPS)
def test_a_solution_is_the_same_as_itself_without_its_comments(step):
    assert differing(solution(step), step) == {}
    assert differing(without_comments(solution(step)), step) == {}


CODE = """
def pick(scores, limit):
    total = sum(scores)
    for score in scores:
        if score > limit:
            return "high"
    return total
"""


@pytest.mark.parametrize(
    "old, new",
    [
        ("    ", "  "),
        ("total = sum(scores)", "total = (sum( scores, ))  # why"),
        ("total = sum(scores)\n    for", "total = sum(\n        scores\n    )\n\n    # why\n    for"),
        ("limit:\n            return", "limit: return"),
        ('"high"', "'high'"),
        ("limit):\n", "limit):\n    'What it does.'\n"),
        ("def pick(scores, limit)", "def pick(\n    scores,\n    limit,\n)"),
    ],
)
def test_ways_of_writing_it_are_the_same(old, new):
    assert old in CODE
    assert [each.key for each in statements(CODE.replace(old, new))] == [each.key for each in statements(CODE)]


@pytest.mark.parametrize(
    "old, new", [("            return", "        return"), ("    return total", "        return total"), (">", ">=")]
)
def test_what_says_something_else_is_not(old, new):
    assert old in CODE
    assert [each.key for each in statements(CODE.replace(old, new))] != [each.key for each in statements(CODE)]


def test_statements_on_one_line_are_two():
    assert [each.meaning for each in statements("a = 1; b = {2: 3}\n")] == ["a = 1", "b = {2: 3}"]


# What differs, and where. TODO 2 and TODO 3 of step 12 stand in one function, one after the other.

WRONG = solution(12).replace("self.n_positions:", "self.n_positions + 1:").replace("self.h(x)", "self.h(x) + x")
IN_TODO_2 = "if isinstance(seq_length, StaticDim) and int(seq_length) > self.n_positions:"
IN_TODO_3 = "return self.ln_f(self.h(x))"


@pytest.mark.parametrize("source", [WRONG, without_comments(WRONG)], ids=["comments", "no comments"])
def test_a_difference_is_shown_at_its_todo(source):
    found = differing(source, 12)
    assert found.keys() == {"2", "3"}
    assert [other for _, other in found["2"]][:1] == [IN_TODO_2]
    assert ("return self.ln_f(self.h(x) + x)", IN_TODO_3) in found["3"]


def test_an_open_todo_lacks_the_solution():
    found = differing(skeleton(solution(14), 14)[0], 14)
    assert found.keys() == {"1", "2", "3", "4", "5"}
    assert found["4"][0][0].startswith("raise NotImplementedError") and "F.argmax" in found["4"][0][1]
    assert [own for own, _ in found["1"]] == [""] * 5


def test_another_answer_is_shown_whole_at_its_comment():
    (todo,) = [todo for todo in read_todos(3) if todo.number == 2]
    other = "        mean = F.mean(x)\n        centred = x - mean\n        return centred * self.weight"
    found = differing(solution(3).replace("\n".join(todo.code), other), 3)
    assert [own for own, _ in found["2"] if own] == [line.strip() for line in other.split("\n")]


def test_what_changes_outside_the_todos_is_shown_apart():
    changed = solution(14).replace("max_new_tokens: int = 10", "max_new_tokens: int = 20")
    changed = changed.replace("def generate_tokens", "def helper():\n    return 1\n\n\ndef generate_tokens")
    found = differing(changed, 14)
    assert found.keys() == {"Outside"}
    assert "".join(own for own, _ in found["Outside"]).startswith("def helper():return 1")


@pytest.mark.parametrize(
    "old, new",
    [("self.h(x)", "self.h(x"), ('"""GPT-2', '""GPT-2'), ("self.h(x)", "self.h(x) = = 1"), ("x = ", "   x = ")],
)
def test_a_syntax_error_still_stands_at_its_todo(old, new):
    source = solution(12).replace(old, new)
    assert source != solution(12)
    assert differing(source, 12).keys() <= {"3", "Outside"}


@pytest.mark.parametrize("source", ["", "\0", "\ufffd" * 9, "(" * 5000, "- " * 20000 + "1", "\\", "'''", "\t x\n  y"])
def test_anything_can_be_compared(source):
    assert "1" in differing(source, 1)


# The screens


@pytest.fixture
def screen(monkeypatch, tmp_path):
    """A function that prints a step on a terminal of so many columns, and returns the text."""

    def show(source: str, step: int, width: int) -> str:
        (tmp_path / f"step_{step:02}.py").write_text(source)
        screen = Console(force_terminal=True, color_system=None, width=width, soft_wrap=True, highlight=False)
        monkeypatch.setattr(console, "out", screen)
        with screen.capture() as captured:
            diff.show(step, tmp_path)
        return captured.get()

    return show


def test_side_by_side_where_there_is_room(screen):
    shown = screen(WRONG, 12, 120)
    row = next(line for line in shown.splitlines() if IN_TODO_3 in line)
    assert row.split("|")[0].strip() == "return self.ln_f(self.h(x) + x)"
    assert "✓ TODO 1" in shown and "≠ TODO 3" in shown
    assert max(len(line) for line in shown.splitlines()[3:]) <= 120


def test_one_below_the_other_where_there_is_not(screen):
    shown = screen(WRONG, 12, 40)
    assert f"-return self.ln_f(self.h(x) + x)\n+{IN_TODO_3}\n" in shown


@pytest.mark.parametrize("width", [40, 120])
def test_nothing_in_a_submission_steers_the_terminal(screen, width):
    hostile = solution(12).replace("self.h(x)", 'self.h(x, "\x1b]0;owned\x07\x1b[2J\u202e[bold]")')
    shown = screen(hostile, 12, width)
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "·]0;owned··[2J·[bold]" in "".join(shown.split())


def test_nothing_differs(screen):
    assert "says the same as" in screen(without_comments(solution(12)), 12, 120)


# The command


def test_an_instructor_is_not_asked_and_a_pipe_gets_a_unified_diff(run, copy):
    (copy / "ada").mkdir()
    (copy / "ada" / "step_12.py").write_text(WRONG)
    done = run("diff", "12", "--from", "ada")
    assert done.returncode == 0
    assert done.stdout.startswith("--- ada/step_12.py\n+++ solutions/solution_12.py\n@@ TODO 2 (line ")
    assert f"-return self.ln_f(self.h(x) + x)\n+{IN_TODO_3}\n" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_step_that_does_not_pass_is_not_given_away_where_nobody_can_be_asked(run):
    refused = run("diff", "12")
    assert refused.returncode == 2 and refused.stdout == ""
    assert "you have not passed it" in refused.stderr and "--yes" in refused.stderr
    assert run("diff", "12", "--yes").returncode == 0


def test_a_missing_file_is_named(run):
    refused = run("diff", "12", "--from", "nowhere")
    assert refused.returncode == 2 and "--from nowhere: there is no such folder" in refused.stderr


@pytest.mark.parametrize("answer, code", [("n", 1), ("", 1), ("y", 0)])
def test_on_a_terminal_it_asks_first(copy, answer, code):
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    command = [sys.executable, "-m", "course", "diff", "12"]
    done = subprocess.run(command, cwd=copy, stdin=theirs, capture_output=True, text=True)
    assert "you have not passed it. Show it? [y/N]" in done.stderr
    assert done.returncode == code and ("@@ TODO 1" in done.stdout) == (code == 0)
