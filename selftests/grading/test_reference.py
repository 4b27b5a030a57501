"""The course's own solution handed in is told, and what people write themselves is not."""

import re

from course.curriculum.steps import STEPS, read_source, solution_path
from course.curriculum.todos import skeleton
from course.grading import reference

SOLUTIONS = {step: read_source(solution_path(step)) for step in STEPS}
# As a learner hands it in who has looked at the solution: no markers, no hints, no comments of his.
BARE = {step: re.sub(r"^ *# .*\n", "", source, flags=re.MULTILINE) for step, source in SOLUTIONS.items()}


def test_the_solutions_are_told_from_one_step_on():
    assert reference.told(SOLUTIONS).endswith(
        "its markers and hints: steps " + ", ".join(f"{step:02}" for step in STEPS)
    )
    assert reference.told({2: SOLUTIONS[2]}) == "the reference solution itself, with its markers and hints: step 02"
    one_hint = BARE[8] + next(line for line in SOLUTIONS[8].splitlines(True) if "# hint: " in line)
    assert "step 08" in reference.told({8: one_hint})


def test_its_code_is_told_where_it_is_in_most_steps():
    assert reference.told(BARE).startswith("the reference solution's code to the letter: steps 01, 02, 03")
    own = {step: source + "x = 1\n" for step, source in BARE.items()}
    assert reference.told(own) == ""
    assert reference.told({**own, 2: BARE[2], 5: BARE[5]}) == ""  # some find the same three lines
    assert reference.told({2: BARE[2], 5: BARE[5]}) == ""


def test_what_was_given_out_is_nobodys_copy():
    assert reference.told({step: skeleton(source, step)[0] for step, source in SOLUTIONS.items()}) == ""
    assert reference.told({}) == "" and reference.told({2: ""}) == ""
