"""What the tests of the book share: a copy of it, and of what it speaks about, to be broken."""

import shutil
from pathlib import Path

import pytest
from course.todos import ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for folder in ("book", "course", "gpt2", "solutions", "tests"):
        ignore = shutil.ignore_patterns("__pycache__", "html", "notebook", "*.npz")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    return tmp_path


@pytest.fixture
def edit(copy: Path):
    """A function that replaces one piece of text in one file of the copy; it may stand there more than once."""

    def replace(name: str, old: str, new: str) -> None:
        text = (copy / name).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        (copy / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace
