"""What tests of benchmarks share."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def put_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], object]:
    """Puts a worker's program, by its name, where a contender's process finds it."""
    workers = tmp_path / "benchmarks/peers/workers"
    workers.mkdir(parents=True)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return lambda name, program: (workers / f"{name}.py").write_text(program)
