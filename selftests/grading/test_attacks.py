"""Each attack in selftests/attacks/ scores zero, and its neighbours grade as if it were not there.

A forgery is a step that is wrong, and wants to be taken for right; its first line says which step.
An escape does what the sandbox forbids, and raises where it cannot; the right answer to step 02
is put behind it, so that the step passes just where the attack succeeds.
"""

import json
import shutil
import socket
from pathlib import Path

import pytest

from course.curriculum.steps import ROOT, solution_path, step_path
from course.grading.grade import Grade, Settings, grade
from course.grading.submissions import find
from course.judging.run import judge

ATTACKS = ROOT / "selftests" / "attacks"
FORGERIES, ESCAPES = sorted(ATTACKS.glob("forgeries/*.py")), sorted(ATTACKS.glob("escapes/*.py"))
ESCAPES_AT = 2
NEIGHBOUR = "honest"
AGAIN = ("table_of_masks", "lying_array")
PICKLED = Path("/tmp/gpt2-course-pickled")  # what one of the attacks would make
# What wants more than there is: tried with the limits that graders have, too.
FLOODS = tuple(
    """fills_sockets floods_inodes fork_bomb hidden_memory large_pipes large_socket_buffers locks_memory memory_bomb
    multiplies_pipes output_flood oversized_arrays oversized_message pins_huge_pages secret_memory shared_memory
    thread_bomb""".split()
)
SETTINGS = Settings(steps=(1, 2, 3, 14), jobs=2, timeout=5, memory=256 << 20)

pytestmark = pytest.mark.sandbox


def attacked(attack: Path) -> int:
    """The step that an attack is."""
    return int(attack.read_text().removeprefix('"""Step ')[:2]) if attack in FORGERIES else ESCAPES_AT


def before(step: int) -> list[int]:
    """The steps before an attack, which are honest."""
    return [each for each in SETTINGS.steps if each < step]


def hand_in(folder: Path, *steps: int) -> None:
    folder.mkdir(parents=True)
    for step in steps:
        shutil.copy(solution_path(step), step_path(step, folder))


def graded(folder: Path, results: Path) -> dict[str, Grade]:
    return {each.name: each for each in grade(find([folder]), results, SETTINGS, lambda grade: None)}


def hand_in_attack(attack: Path, folder: Path) -> None:
    step = attacked(attack)
    hand_in(folder / attack.stem, *before(step))
    answer = solution_path(step).read_bytes() if attack in ESCAPES else b""
    step_path(step, folder / attack.stem).write_bytes(attack.read_bytes() + answer)


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> dict[str, Grade]:
    """The grades of an honest submission that nobody disturbs, and of two that are wrong in many words."""
    folder = tmp_path_factory.mktemp("alone")
    hand_in(folder / NEIGHBOUR, *SETTINGS.steps)
    for name in AGAIN:
        hand_in_attack(ATTACKS / "forgeries" / f"{name}.py", folder)
    return graded(folder, folder / ".results")


@pytest.fixture(scope="module")
def grades(tmp_path_factory) -> dict[str, Grade]:
    """The grades of all attacks, and of an honest submission in their middle."""
    folder = tmp_path_factory.mktemp("attacks")
    hand_in(folder / NEIGHBOUR, *SETTINGS.steps)
    for attack in FORGERIES + ESCAPES:
        hand_in_attack(attack, folder)
    PICKLED.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as neighbour:
        neighbour.bind("\0gpt2-course-attacks")
        neighbour.listen()
        return graded(folder, folder / ".results")


def test_there_are_a_hundred_and_ten():
    assert len({attack.stem for attack in FORGERIES + ESCAPES}) == len(FORGERIES + ESCAPES) >= 110


@pytest.mark.parametrize("attack", FORGERIES + ESCAPES, ids=lambda attack: attack.stem)
def test_attack_scores_zero_and_what_came_before_stays(grades, attack):
    found = grades[attack.stem]
    assert found.error is None
    passed = {step.step: step.passed for step in found.steps}
    assert passed == dict.fromkeys(before(attacked(attack)), True) | {attacked(attack): False}


def test_floods_score_zero_with_the_limits_that_graders_have_too(tmp_path):
    for attack in FORGERIES + ESCAPES:
        if attack.stem in FLOODS:
            hand_in_attack(attack, tmp_path)
    grades = grade(find([tmp_path]), tmp_path / ".results", Settings(steps=SETTINGS.steps, jobs=2), lambda grade: None)
    assert {each.name for each in grades} == set(FLOODS)
    attacks = {attack.stem: attacked(attack) for attack in FORGERIES + ESCAPES}
    passed = {each.name: [step.step for step in each.steps if step.passed] for each in grades}
    assert passed == {name: before(attacks[name]) for name in FLOODS}


def test_no_report_is_long(grades):
    lengths = {name: len(json.dumps([step.to_json() for step in grade.steps])) for name, grade in grades.items()}
    assert {name: length for name, length in lengths.items() if length > 100_000} == {}


def test_tables_pass_the_checks_whose_numbers_they_know(tmp_path):
    """Without fresh inputs they would get full marks: it is these that stop them."""
    tables = {attacked(each): each for each in FORGERIES if each.stem.startswith("table_of") and attacked(each) != 3}
    for step, table in tables.items():
        shutil.copy(table, step_path(step, tmp_path))
    assert {each.step: each.passed for each in judge(tables, tmp_path)} == {1: True, 2: True, 14: True}


def test_neighbour_grades_as_if_nobody_else_were_there(grades, alone):
    assert alone[NEIGHBOUR].passed == len(SETTINGS.steps)
    assert grades[NEIGHBOUR] == alone[NEIGHBOUR]


@pytest.mark.parametrize("name", AGAIN)
def test_two_runs_find_the_same(grades, alone, name):
    assert grades[name] == alone[name]


def test_nothing_ran_outside(grades):
    assert not PICKLED.exists()
