"""Gathered operations give the values that eager ones give, whenever they are read."""

import numpy as np
import pytest
from max.experimental import _passes
from max.experimental import functional as F
from max.experimental.tensor import Tensor

from course.runtime.gather import gathered


@pytest.fixture
def x(device):
    return Tensor(np.array([[1.0, 2.0, 4.0]], np.float32), device=device)


def test_operations_wait_until_a_value_is_read(x):
    with gathered():
        total = F.concat([x, x * x], axis=1)
        assert not total.real
        assert np.from_dlpack(total).tolist() == [[1, 2, 4, 1, 4, 16]]
        largest = F.argmax(total[0, :])  # from a value that has been read, in a new graph
        assert not largest.real
        assert largest.item() == 5


def test_what_is_not_read_in_the_block_can_be_read_after_it(x):
    with gathered():
        early = x + x
        assert (x * x)[0, 2].item() == 16
        late = early - x
    assert np.from_dlpack(late).tolist() == [[1, 2, 4]]
    assert np.from_dlpack(early).tolist() == [[2, 4, 8]]


def test_after_the_block_operations_run_at_once(x):
    with gathered():
        pass
    assert (x + x).real


def test_an_error_is_raised_where_it_is_made_and_later_operations_go_on(x):
    with gathered():
        with pytest.raises(Exception, match="(?i)shape|dim|rank"):
            x @ x
        assert np.from_dlpack(x + x).tolist() == [[2, 4, 8]]


def test_the_graph_is_looked_through_once_however_many_inputs_it_has(device, monkeypatch):
    looked = []
    fixup = _passes._fixup_graph
    monkeypatch.setattr(_passes, "_fixup_graph", lambda graph: looked.append(1) or fixup(graph))
    inputs = [Tensor.from_dlpack(np.array([number], np.float32)).to(device) for number in range(9)]
    with gathered():
        total = sum(inputs[1:], start=inputs[0])
        assert np.from_dlpack(total).tolist() == [36]
    assert len(looked) == 1
