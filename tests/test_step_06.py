"""Step 06: the first rows of a table, one for each position, whatever the tokens are."""

import numpy as np
import pytest

from compare import assert_close, assert_normal_table, load_parameters, tensor
from solutions.solution_01 import GPT2Config


@pytest.mark.todo(1)
def test_table_starts_small_and_random(step, device):
    """A new table holds random numbers of mean 0 and standard deviation 0.02"""
    config = GPT2Config(vocab_size=1000, n_positions=900, n_embd=20)
    assert_normal_table(step.GPT2PositionEmbeddings(config), (900, 20), device)


@pytest.mark.todo(2, 3)
def test_positions_pick_rows(step, config, device, expected, parameters):
    """A batch gets the first rows of the table, one for each position"""
    embeddings = load_parameters(step.GPT2PositionEmbeddings(config), parameters, device)
    result = embeddings(tensor(expected["input_ids"], device))
    assert_close(result, expected["output"], 1e-6, device)
    # The next text may be shorter.
    result = embeddings(tensor(expected["input_ids"][1:, :1], device))
    assert_close(result, expected["output"][:1], 1e-6, device)


@pytest.mark.todo(2, 3)
def test_full_context_gets_the_whole_table(step, config, device, parameters):
    """A text of n_positions tokens gets the whole table"""
    embeddings = load_parameters(step.GPT2PositionEmbeddings(config), parameters, device)
    result = embeddings(tensor(np.zeros((1, config.n_positions), np.int64), device))
    assert_close(result, parameters["weight"], 1e-6, device)
