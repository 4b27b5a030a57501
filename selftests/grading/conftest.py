"""What tests of grading share."""

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path) -> Path:
    """A folder with step 2 in it."""
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "step_02.py").write_bytes(b"mine")
    return tmp_path / "ada"
