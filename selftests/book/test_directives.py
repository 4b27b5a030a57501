"""Directives stand for what is in the course: code, lines, hints, mistakes, pictures, terminals."""

import re

import pytest

from book.directives import clean, expand
from course.curriculum.steps import ROOT, STEPS, solution_path
from course.curriculum.todos import read_todos, skeleton


def text(page: str, name: str = "step_14.md") -> str:
    expanded, faults = expand(page, name)
    assert faults == []
    return expanded


@pytest.mark.parametrize("step", STEPS)
def test_an_included_step_is_the_skeleton_and_not_what_a_learner_has_written(step):
    made, _ = skeleton(solution_path(step).read_text(encoding="utf-8"), step)
    assert text(f"{{{{#include ../../steps/step_{step:02}.py}}}}\n") == made


@pytest.mark.parametrize("step", STEPS)
def test_an_included_solution_is_its_code(step):
    solution = solution_path(step).read_text(encoding="utf-8")
    code = text(f"{{{{#include ../../solutions/solution_{step:02}.py}}}}\n")
    assert code == clean(solution)
    assert not any(word in code for word in ("# TODO", "# hint", "# solution", "# end"))
    compiled = [compile(each, "x", "exec").co_code for each in (code, solution)]
    assert compiled[0] == compiled[1]
    for todo in read_todos(step):
        assert "\n".join(todo.code) in code


def test_comments_that_are_not_tasks_stay():
    assert "    # Temperature 0 is the limit" in text("{{#include ../../solutions/solution_14.py}}")


def test_one_todo_stands_at_the_margin():
    assert text("{{#include ../../solutions/solution_14.py:todo_4}}") == "next_token = F.argmax(next_token_logits)"


def test_lines_are_those_of_the_skeleton():
    assert text("Lines {{#lines 1}}, {{#lines 3}}, {{#lines 4}}") == "Lines 13–17, 42–54, 57–58"
    assert text("Lines {{#lines 14.5}}", "setup.md") == "Lines 77–94"


def test_hints_are_folded_one_by_one_and_keep_the_indent():
    hints = text("1. Task\n\n   {{#hints 4}}\n").splitlines()[2:]
    assert [hint[:24] for hint in hints] == ['   <details class="hint">'[:24]] * 3
    assert "<code>F.argmax(x)</code>" in hints[1] and "Hint 3 of 3: nearly the code" in hints[2]


def test_mistakes_are_listed_with_their_lessons():
    listed = text("{{#mistakes}}")
    assert listed.count("<li>") > 20
    assert "<strong>The logits are multiplied by the temperature.</strong> Dividing by a temperature above 1" in listed


def test_names_in_code_keep_their_case_in_the_list_of_mistakes():
    listed = expand("{{#mistakes}}", "step_12.md")[0]
    assert "<strong>ln_f is not applied.</strong>" in listed and "<strong>The position vectors are" in listed
    assert "<strong>x is not added.</strong>" in expand("{{#mistakes}}", "step_10.md")[0]


def test_a_picture_is_in_the_page_without_empty_lines(copy):
    (copy / "book/pictures/dot.svg").write_text('<?xml version="1.0"?>\n<svg>\n\n<!-- x -->\n<circle/>\n</svg>\n')
    expanded, faults = expand("{{#picture dot}}", "a.md", copy)
    assert (expanded, faults) == ('<figure class="picture">\n<svg>\n<circle/>\n</svg>\n</figure>', [])


def test_a_terminal_shows_its_command_and_what_it_printed(copy):
    (copy / "book/terminal/x.txt").write_text("./run x\n\na < b\n\n  ✗ c\n")
    expanded, faults = expand("{{#terminal x}}", "a.md", copy)
    assert faults == [] and "<code>./run x</code>" in expanded and "\n" not in expanded
    assert re.sub("<.*?>", "", expanded) == "./run xa &lt; b&#10;&#10;  ✗ c&#10;"
    assert re.findall(r"--indent:(\d+)", expanded) == ["0", "0", "4"]


@pytest.mark.parametrize(
    ("directive", "why"),
    [
        ("{{#include ../../steps/step_99.py}}", "there is no step 99"),
        ("{{#include ../../solutions/solution_14.py:todo_6}}", "step 14 has TODOs 1 to 5, not '6'"),
        ("{{#include ../../README.md}}", "expected ../../steps/step_NN.py"),
        ("{{#lines 6}}", "step 14 has TODOs 1 to 5, not '6'"),
        ("{{#hints}}", "step 14 has TODOs 1 to 5, not ''"),
        ("{{#picture nothing}}", "nothing.svg is not there"),
        ("{{#terminal nothing}}", "nothing.txt is not there"),
        ("{{#terminal empty}}", "empty.txt is empty"),
        ("{{#play nothing}}", "nothing"),
        ("{{#live nothing Once}}", "there is no nothing.js"),
        ("{{#live lens}}", "the text that it begins with"),
        ("{{#title x}}", "there are debug, here, hints, include, lines"),
    ],
)
def test_what_stands_for_nothing_is_a_fault_and_leaves_a_mark(copy, directive, why):
    (copy / "book/terminal/empty.txt").write_text("\n")
    expanded, faults = expand(f"before {directive} after", "step_14.md", copy)
    assert len(faults) == 1 and faults[0].startswith(f"{directive}: ") and why in faults[0]
    assert expanded.startswith("before <mark>") and "{{" not in expanded


def test_the_hints_of_no_step_are_a_fault():
    assert f"is not about one of the {len(STEPS)} steps" in expand("{{#hints 1}}", "setup.md")[1][0]


def test_every_directive_of_the_conventions_is_used_in_the_book():
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "book/src").glob("*.md"))
    for name in "include lines hints mistakes picture terminal play live here quiz debug".split():
        assert f"{{{{#{name}" in pages
