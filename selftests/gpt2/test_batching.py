"""Prompts are divided among passes so that no other division costs less."""

import itertools

import numpy as np
import pytest

from gpt2.batching import OVERHEAD, passes


def cost(divided, lengths):
    return sum(len(rows) * max(lengths[row] for row in rows) + OVERHEAD for rows in divided)


def divisions(count):
    """All of them, good and bad."""
    for labels in itertools.product(range(count), repeat=count):
        yield [[row for row in range(count) if labels[row] == label] for label in sorted(set(labels))]


@pytest.mark.parametrize("seed", range(8))
def test_no_division_costs_less(seed):
    lengths = np.random.default_rng(seed).integers(1, (5, 30, 100)[seed % 3], size=5).tolist()
    divided = passes(lengths)
    assert sorted(row for rows in divided for row in rows) == [0, 1, 2, 3, 4]
    assert cost(divided, lengths) == min(cost(each, lengths) for each in divisions(5))


def test_texts_of_one_length_are_read_at_once_and_in_their_order():
    assert passes([7, 7, 7]) == [[0, 1, 2]]
    assert passes([7, 3, 5]) == [[0, 1, 2]]


def test_a_long_text_is_read_apart_from_short_ones():
    assert sorted(passes([8, 750, 9, 8])) == [[0, 2, 3], [1]]
