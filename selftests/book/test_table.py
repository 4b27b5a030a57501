"""The page "NumPy, MAX and PyTorch" is right: every line of MAX gives what the line of NumPy beside it gives."""

import re
from typing import Any

import numpy as np
import pytest
from max.driver import CPU
from max.dtype import DType
from max.experimental import functional as F
from max.experimental.tensor import Tensor

from course.curriculum.steps import ROOT

PAGE = (ROOT / "book/src/numpy_max_pytorch.md").read_text(encoding="utf-8")
ROWS = [cells for line in PAGE.splitlines() if len(cells := re.findall(r"`([^`]+)`", line)) == 3 and line[0] == "|"]


@pytest.fixture(scope="module")
def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = {"x": (2, 3, 4), "y": (2, 3, 4), "m": (4, 5), "table": (7, 4)}
    drawn = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return drawn | {"ids": rng.integers(0, 7, (2, 3))}


def _numpy(value: Any) -> Any:
    if isinstance(value, Tensor):
        return np.from_dlpack(value.to(CPU()))
    return [_numpy(each) for each in value] if isinstance(value, list) else value


def test_the_table_is_there():
    assert len(ROWS) >= 25


@pytest.mark.parametrize(("numpy", "max_", "torch"), ROWS, ids=[row[1] for row in ROWS])
def test_a_line_of_max_gives_what_numpy_gives(arrays, device, numpy, max_, torch):
    names = {name: Tensor(array, device=device) for name, array in arrays.items()}
    names |= {"F": F, "Tensor": Tensor, "DType": DType, "CPU": CPU, "np": np, "np_x": arrays["x"]}
    expected = eval(numpy, {"np": np, **arrays})
    got = _numpy(eval(max_, names))
    if max_ == "x.shape":
        assert [int(size) for size in got] == list(expected)
        return
    for ours, theirs in zip(got, expected, strict=True) if isinstance(expected, list) else [(got, expected)]:
        assert np.shape(ours) == np.shape(theirs)
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
