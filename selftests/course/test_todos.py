"""TODO blocks are cut out of a solution, faulty markers are named, and open TODOs are found."""

import ast

import pytest

from course.curriculum.steps import STEPS, read_source, solution_path, step_path, step_title
from course.curriculum.todos import MarkerError, open_todos, read_todos, skeleton, todo_lines

SOLUTION = '''"""Step 07: a thing. More of it."""

# TODO 1: import what is
#   needed:
# hint: the idea,
#   which goes on
# hint: the tool
# solution
import math
# end


def half(x):
    # TODO 2: halve.
    # hint: share
    # solution
    y = x / 2

    return math.floor(y)
    # end
'''

SKELETON = '''"""Step 07: a thing. More of it."""

# TODO 1: import what is
#   needed:


def half(x):
    # TODO 2: halve.
    raise NotImplementedError("step 07, TODO 2: halve")
'''


def solution_text(step: int) -> str:
    return solution_path(step).read_text(encoding="utf-8")


def skeleton_text(step: int) -> str:
    return skeleton(solution_text(step), step)[0]


def open_numbers(source: str, step: int) -> list[int]:
    return [todo.number for todo in open_todos(source, step)]


# Cutting


def test_code_goes_and_the_task_stays():
    assert skeleton(SOLUTION, 7)[0] == SKELETON


def test_todos_know_their_parts_and_lines():
    imports, halve = skeleton(SOLUTION, 7)[1]
    assert imports.task == ("import what is", "needed:")
    assert imports.hints == ("the idea, which goes on", "the tool")
    assert imports.code == ("import math",)
    assert (imports.first_line, imports.last_line) == (3, 4)
    assert (halve.title, halve.first_line, halve.last_line) == ("halve", 8, 9)
    assert halve.code == ("    y = x / 2", "", "    return math.floor(y)")


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("    # end\n", "", "solution 07: TODO 2 is not closed by '# end'"),
        ("import math\n# end\n", "import math\n", "solution 07, line 13: TODO 1 is not closed by '# end'"),
        ("# TODO 2", "# TODO 3", "solution 07, line 14: TODO 3 after TODO 1"),
        ("import math\n", "", "solution 07: TODO 1 has no code"),
        ("# hint: the tool\n", "import os\n", "solution 07, line 7: code before '# solution'"),
        ("def half", "# hint: lost\ndef half", "solution 07, line 13: '# hint: lost' outside a TODO"),
        ("def half", "# solution\ndef half", "solution 07, line 13: '# solution' outside a TODO"),
        ("def half", "# end\ndef half", "solution 07, line 13: '# end' outside a TODO"),
    ],
)
def test_faulty_markers_are_named(old, new, message):
    assert SOLUTION.count(old) == 1
    with pytest.raises(MarkerError) as caught:
        skeleton(SOLUTION.replace(old, new), 7)
    assert str(caught.value) == message


def test_a_solution_without_todos_is_an_error():
    with pytest.raises(MarkerError, match="solution 07 has no TODO block"):
        skeleton("x = 1\n", 7)


# The course's own steps


def test_step_14_stands_on_the_lines_that_its_chapter_quotes():
    lines = [(todo.first_line, todo.last_line) for todo in read_todos(14)]
    assert lines == [(13, 17), (32, 37), (42, 54), (57, 58), (77, 94)]


def test_titles_come_from_the_docstrings():
    titles = [step_title(step) for step in STEPS]
    assert titles[0] == "the model configuration" and titles[13] == "text generation"
    assert all(titles) and len(set(titles)) == len(titles)


@pytest.mark.parametrize("step", STEPS)
def test_every_todo_is_open_in_a_skeleton_and_none_in_a_solution(step):
    numbers = [todo.number for todo in read_todos(step)]
    assert open_numbers(skeleton_text(step), step) == numbers
    assert list(todo_lines(skeleton_text(step))) == numbers
    assert open_numbers(solution_text(step), step) == []


# A learner's file


def test_a_todo_in_a_function_is_open_while_its_raise_stands():
    source = skeleton_text(14).replace(
        'raise NotImplementedError("step 14, TODO 4: next_token: the position of the largest logit")',
        "next_token = F.argmax(next_token_logits)",
    )
    assert open_numbers(source, 14) == [1, 2, 3, 5]


def test_imports_are_open_until_one_of_their_names_is_bound():
    assert 1 not in open_numbers("import numpy as np\n" + skeleton_text(14), 14)
    assert 1 in open_numbers("import os\n" + skeleton_text(14), 14)


def test_fields_are_open_until_one_of_them_is_declared():
    field = "    vocab_size: int = 50257\n\n    @property"
    assert open_numbers(skeleton_text(1).replace("    @property", field), 1) == [2]


def test_a_file_without_its_comments_still_has_no_open_todos():
    assert open_numbers(ast.unparse(ast.parse(solution_text(14))), 14) == []


def test_a_file_that_is_not_python_is_an_error():
    with pytest.raises(SyntaxError):
        open_todos("def f(:\n", 14)


@pytest.mark.parametrize(
    "source, text",
    [
        (b"a\r\nb\r\n", "a\nb\n"),
        (b"\xef\xbb\xbfa\n", "a\n"),
        (b"# coding: latin-1\n'\xe9'\n", "# coding: latin-1\n'é'\n"),
        (b"'\xe9'\n", "'\ufffd'\n"),
        (b"# coding: nonsense\n", "# coding: nonsense\n"),
    ],
    ids=["windows", "byte order mark", "declared encoding", "not UTF-8", "unknown encoding"],
)
def test_a_file_is_read_as_python_reads_it(tmp_path, source, text):
    step_path(1, tmp_path).write_bytes(source)
    assert read_source(step_path(1, tmp_path)) == text


def test_a_file_that_is_not_there_is_empty(tmp_path):
    assert read_source(step_path(1, tmp_path)) == ""
    assert read_source(tmp_path) == ""
