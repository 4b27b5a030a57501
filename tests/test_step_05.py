"""Step 05: a token's embedding is its row of a table that starts small and random."""

import pytest

from compare import assert_close, assert_maps, assert_normal_table, load_parameters, tensor
from solutions.solution_01 import GPT2Config


@pytest.mark.todo(1)
def test_table_starts_small_and_random(step, device):
    """A new table holds random numbers of mean 0 and standard deviation 0.02"""
    config = GPT2Config(vocab_size=1000, n_positions=900, n_embd=20)
    assert_normal_table(step.GPT2Embeddings(config), (1000, 20), device)


@pytest.mark.todo(2)
def test_ids_pick_rows(step, config, device, expected, parameters):
    """Each id of a batch becomes its row of the table"""
    embeddings = load_parameters(step.GPT2Embeddings(config), parameters, device)
    assert_maps(embeddings, expected["input_ids"], expected["output"], 1e-6, device)
    # Other texts, of the same shape.
    result = embeddings(tensor(expected["input_ids"][::-1], device))
    assert_close(result, expected["output"][::-1], 1e-6, device)
