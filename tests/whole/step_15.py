"""Step 15, everything at once."""

import numpy as np
import pytest
from test_step_15 import assert_number, table_model

from compare import assert_close, tensor
from course.grading.trial import oracle


@pytest.mark.todo(1, 2, 3)
def test_batches_of_any_shape_are_measured(step, device, rng):
    """Batches of any shape are measured, text by text and all together, and when asked again"""
    for _ in range(rng.integers(3, 6)):
        batch, length = rng.integers(1, 6).item(), rng.choice([2, rng.integers(3, 20), rng.integers(129, 200)]).item()
        vocab_size = rng.integers(2, 60).item()
        logits = np.float32(rng.uniform(0.1, 20) * rng.standard_normal((batch, length, vocab_size)))
        ids = rng.integers(vocab_size, size=(batch, length))
        lengths = rng.integers(2, length + 1, size=batch)
        given = tensor(logits, device), tensor(ids, device)
        wanted = oracle.log_probabilities(logits, ids)
        assert_close(step.log_probabilities(*given), wanted, 1e-4, device, "the log-probabilities")
        assert_number(step.cross_entropy(*given), -wanted.mean(), device, "the cross-entropy")
        wanted = oracle.cross_entropy(logits, ids, lengths)
        assert_number(step.cross_entropy(*given, tensor(lengths, device)), wanted, device, "that of the texts")


@pytest.mark.todo(4)
def test_windows_of_any_size_are_moved_along_texts_of_any_length(step, device, rng):
    """Windows of any size, GPT-2's too, are moved by any stride along texts of any length"""
    sizes = [(1024, rng.integers(300, 1024).item(), rng.integers(1025, 1500).item())]
    for window in rng.integers(2, 20, size=rng.integers(2, 5)).tolist():
        sizes.append((window, rng.integers(1, window).item(), rng.integers(2, 5 * window).item()))
    for window, stride, length in sizes:
        # Of thirty tokens none is likely: one that is not counted shows, even among 1,500.
        table = np.float32(rng.uniform(0.5, 1) * rng.standard_normal((window, 30, 30)))
        text = rng.integers(30, size=(1, length))
        model = table_model({"table": table, "window": window}, device)
        wanted = oracle.perplexity(lambda ids, table=table: table[np.arange(ids.shape[1]), ids], text, window, stride)
        assert_number(step.perplexity(model, tensor(text, device), window, stride), wanted, device, "the perplexity")
