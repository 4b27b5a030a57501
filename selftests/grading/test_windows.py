"""Tables whose rows overlap are what they say, in little memory, and come out whole in the sandbox."""

import numpy as np
import pytest

from course.grading.inside.child import _rows
from course.grading.trial.windows import flat, overlap, table


def test_rows_are_random_and_differ_from_each_other():
    made = table(300, 20, 0.5, np.random.default_rng(1))
    assert made.shape == (300, 20) and made.dtype == np.float32
    assert len(np.unique(made, axis=0)) == 300
    assert made.std() == pytest.approx(0.5, rel=0.1)
    np.testing.assert_array_equal(made[1, :15], made[0, 5:])


def test_what_is_sent_is_small_and_makes_the_same_table():
    made = table(1000, 30, 1.0, np.random.default_rng(1))
    assert flat(made).size < made.size / 5
    np.testing.assert_array_equal(_rows(flat(made), *overlap(made)), made)


@pytest.mark.parametrize("shape", [(7,), (3, 4), (1, 4), (4, 1), (2, 3, 4)])
def test_other_arrays_are_sent_as_they_are(shape):
    array = np.ones(shape, np.float32)
    assert overlap(array) is None and flat(array) is array
    assert overlap(np.zeros((3, 4), np.float32).T) is None
