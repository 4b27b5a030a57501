"""Mutants are programs with one change each; what is said of them must be true."""

import ast
import json

import pytest

from course.curriculum.steps import COURSE, ROOT, STEPS, solution_path
from course.proof import mutants as proof
from course.proof.mutants import mutants_are_caught, read_equivalent, read_mutants
from tools.mutation import mutants

SOURCE = '''
"""What it is."""
from numpy import full

def spread(x: list[int], size: int = 3) -> float:
    """How it works."""
    total = sum(x, -1)
    if total > size and x:
        raise ValueError(f"too large: {total}")
    return total / size
'''


def changed(mutant_source: str) -> list[str]:
    """The lines that are not the program's."""
    original = ast.unparse(ast.parse(SOURCE)).splitlines()
    return [line.strip() for line in mutant_source.splitlines() if line not in original]


def test_each_mutant_has_one_change():
    found = mutants(SOURCE)
    lines = [changed(mutant.source) for mutant in found]
    assert all(len(each) <= 1 for each in lines)
    assert len({mutant.source for mutant in found}) == len(found)


@pytest.mark.parametrize(
    "line",
    [
        "def spread(x: list[int], size: int=4) -> float:",
        "total = sum(x, 1)",
        "total = sum(x, -2)",
        "total = sum(-1, x)",
        "total = sum(x)",
        "total = x",
        "total = sum(size, -1)",
        "pass",
        "if total >= size and x:",
        "if total > size or x:",
        "if x:",
        "if False:",
        "raise ValueError(f'too large: {size}')",
        "return total * size",
        "return x / size",
    ],
)
def test_operators_constants_names_and_arguments_are_changed(line):
    assert [line] in [changed(mutant.source) for mutant in mutants(SOURCE)]


def test_words_annotations_and_imports_are_left_alone():
    for mutant in mutants(SOURCE):
        assert "What it is." in mutant.source and "How it works." in mutant.source
        assert "from numpy import full" in mutant.source and "list[int]" in mutant.source
        assert (
            "too large" in mutant.source or "raise ValueError" not in mutant.source or "ValueError()" in mutant.source
        )


@pytest.mark.parametrize("step", STEPS)
def test_a_mutant_is_called_by_what_is_changed(step):
    found = mutants(solution_path(step).read_text(encoding="utf-8"))
    names = [str(mutant) for mutant in found]
    assert len(set(names)) == len(names)
    assert read_equivalent(step) <= set(names)


def test_most_mutants_are_caught():
    assert mutants_are_caught(ROOT).faults == [] and read_mutants().keys() >= set(COURSE)


def test_survivors_and_what_is_not_equivalent_are_faults(tmp_path):
    def faults(**found: object) -> list[str]:
        known = {"mutants": 100, "caught": 99, "survivors": ["f: x -> y"], "not equivalent": []}
        (tmp_path / "tests").mkdir(exist_ok=True)
        (tmp_path / proof.RECORD).write_text(json.dumps({"03": known | found}))
        return mutants_are_caught(tmp_path).faults

    assert faults() == []
    assert faults(caught=98) == ["step 03 survives: f: x -> y"]
    assert faults(**{"not equivalent": ["f: x -> z"]}) == ["tests/mutants.toml: f: x -> z is caught, or does not exist"]
    assert mutants_are_caught(tmp_path / "elsewhere").faults == ["found nothing to check"]
