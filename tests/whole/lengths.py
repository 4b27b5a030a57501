"""Texts that are too long, for the steps that refuse them."""

import numpy as np

from compare import assert_value_error, tensor
from solutions.solution_01 import GPT2Config


def assert_too_long_is_refused(make, device, rng):
    """The models that ``make`` makes of configurations refuse a text that is too long, by one token or by many."""
    for n_positions in [1024, *rng.integers(1, 200, size=2).tolist()]:
        model = make(GPT2Config(vocab_size=9, n_positions=n_positions, n_embd=6, n_layer=1, n_head=2, n_inner=5))
        for length in (n_positions + 1, n_positions + rng.integers(2, 200).item()):
            input_ids = tensor(np.zeros((1, length), np.int64), device)
            assert_value_error(lambda ids=input_ids, model=model: model(ids), length, n_positions)
