"""verify asks tools about the code: each of them sees a fault of its kind that is put into a copy."""

import pytest

from course.proof import linters
from course.proof.linters import LINTERS, lint


def faults(root, program: str) -> list[str]:
    (linter,) = [
        linter for linter in LINTERS if linter.command[0] == program or linter.command[:2] == ("ruff", program)
    ]
    return linters._faults(linter, root)


@pytest.mark.parametrize(
    "program, name, code, told",
    [
        ("check", "course/refusal.py", "import os\n", "F401"),
        ("format", "course/refusal.py", "x = { 'a':1 }\n", "course/refusal.py"),
        ("mypy", "course/judging/verdicts.py", 'number: int = "a word"\n', "Incompatible types in assignment"),
        ("lint-imports", "gpt2/cost.py", "import course.refusal\n", "gpt2.cost -> course.refusal"),
        ("lint-imports", "course/runtime/gather.py", "import course.judging.verdicts\n", "course.runtime.gather"),
        ("lint-imports", "course/judging/failure.py", "import course.grading.marks\n", "course.grading.marks"),
        ("lint-imports", "kernels/kept.py", "import gpt2.cost\n", "kernels.kept -> gpt2.cost"),
    ],
)
def test_a_fault_is_found(copy, program, name, code, told):
    path = copy / name
    path.write_text(path.read_text() + code)
    assert any(told in fault for fault in faults(copy, program))


def test_a_tool_that_is_not_there_is_a_fault(copy, monkeypatch):
    monkeypatch.setattr(linters.sys, "executable", str(copy / "python"))
    assert all("is not installed" in point.faults[0] for point in lint(copy))
