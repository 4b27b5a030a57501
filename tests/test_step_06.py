"""Step 06: the first rows of a table, one for each position, whatever the tokens are."""

import numpy as np
import pytest

from compare import assert_cases, assert_close, assert_normal_table, load_parameters, tensor
from solutions.solution_01 import GPT2Config


@pytest.mark.todo(1)
def test_table_starts_small_and_random(step, config, device):
    """A new table holds random numbers of mean 0 and standard deviation 0.02"""
    n_embd = config.n_embd
    vocab_size, n_positions = 20_000 // n_embd + config.vocab_size, 18_000 // n_embd
    table = step.GPT2PositionEmbeddings(GPT2Config(vocab_size=vocab_size, n_positions=n_positions, n_embd=n_embd))
    assert_normal_table(table, (n_positions, n_embd), device)


@pytest.mark.todo(2, 3)
def test_positions_pick_rows(step, config, device, cases, expected, parameters):
    """A batch gets the first rows of the table, one for each position"""
    embeddings = load_parameters(step.GPT2PositionEmbeddings(config), parameters, device)
    results = [embeddings(tensor(ids, device)) for ids in (expected["input_ids"], expected["input_ids"][1:, :1])]
    assert_close(results[0], expected["output"], 1e-6, device)
    assert_close(results[1], expected["output"][:1], 1e-6, device)  # the next text may be shorter
    assert_cases(step.GPT2PositionEmbeddings, cases, 1e-6, device, given="input_ids")


@pytest.mark.todo(2, 3)
def test_full_context_gets_the_whole_table(step, device, cases):
    """A text of n_positions tokens gets the whole table"""
    for case in cases:
        embeddings = load_parameters(step.GPT2PositionEmbeddings(case.config), case.parameters, device)
        result = embeddings(tensor(np.zeros((1, case.config.n_positions), np.int64), device))
        assert_close(result, case["weight"], 1e-6, device)
