"""What the tests of the workbench share: a copy of the course, to be broken."""

import shutil
from pathlib import Path

import pytest
from course.todos import ROOT, STEPS, skeleton, solution_path, step_path


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The course as it ships: what a learner has in steps/ stays out."""
    for folder in ("course", "solutions", "tests", "tools"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "steps").mkdir()
    for step in STEPS:
        text, _ = skeleton(solution_path(step).read_text(encoding="utf-8"), step)
        step_path(step, tmp_path / "steps").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def edit(copy: Path):
    """A function that replaces one piece of text in one file of the copy."""

    def replace(name: str, old: str, new: str) -> None:
        text = (copy / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands in {name} {text.count(old)} times"
        (copy / name).write_text(text.replace(old, new), encoding="utf-8")

    return replace
