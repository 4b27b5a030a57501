"""Step 05: a token's embedding is its row of a table that starts small and random."""

import pytest

from compare import assert_cases, assert_close, assert_normal_table, load_parameters, tensor
from solutions.solution_01 import GPT2Config


@pytest.mark.todo(1)
def test_table_starts_small_and_random(step, config, device):
    """A new table holds random numbers of mean 0 and standard deviation 0.02"""
    n_embd = config.n_embd
    vocab_size, n_positions = 20_000 // n_embd + config.vocab_size, 18_000 // n_embd
    table = step.GPT2Embeddings(GPT2Config(vocab_size=vocab_size, n_positions=n_positions, n_embd=n_embd))
    assert_normal_table(table, (vocab_size, n_embd), device)


@pytest.mark.todo(2)
def test_ids_pick_rows(step, config, device, cases, expected, parameters):
    """Each id of a batch becomes its row of the table"""
    embeddings = load_parameters(step.GPT2Embeddings(config), parameters, device)
    # Two batches of one shape, which hold other texts.
    results = [
        embeddings(tensor(expected["input_ids"][texts], device)) for texts in (slice(None), slice(None, None, -1))
    ]
    assert_close(results[0], expected["output"], 1e-6, device)
    assert_close(results[1], expected["output"][::-1], 1e-6, device)
    assert_cases(step.GPT2Embeddings, cases, 1e-6, device, given="input_ids")
