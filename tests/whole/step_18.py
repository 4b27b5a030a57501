"""Step 18, everything at once."""

import numpy as np
import pytest
from test_step_16 import right_text
from test_step_18 import assert_batch, assert_texts, continued, ended

from compare import load_parameters
from course.grading.trial import drawing, oracle
from course.judging.case import Case


@pytest.mark.todo(2, 3, 4, 5)
def test_any_batch_has_the_logits_of_its_texts(step, device, cases, rng):
    """Batches with any padding, of texts of all lengths, read in parts, have the logits that each text has alone"""
    for case in cases:
        model = load_parameters(step.BatchedGPT2(case.config), case.parameters, device)
        batch, seq_length = case["input_ids"].shape
        lengths = rng.integers(1, seq_length + 1, size=batch).tolist()
        lengths[rng.integers(batch)] = seq_length
        columns = rng.integers(seq_length, min(seq_length + 40, case.config.n_positions) + 1).item()
        places = np.flatnonzero(rng.random(columns - 1) < 3 / columns) + 1
        pad = rng.integers(case.config.vocab_size).item()
        assert_batch(model, case, lengths, columns, device, pad, [0, *places.tolist(), columns])


@pytest.mark.todo(2, 3, 4, 5)
def test_gpt2_itself_reads_a_padded_batch(step, device, rng):
    """A model of GPT-2's own sizes, all of them, reads two texts with padding before them"""
    case = drawing.published_model(rng)
    ids = np.repeat(case["input_ids"], 2, axis=0)
    logits = oracle.scores(oracle.stack(ids[:1], case.parameters, case.config.n_head, 1e-5), case["wte.weight"])
    parameters = {f"transformer.{name}": array for name, array in case.parameters.items()}
    model = load_parameters(step.BatchedGPT2(case.config), parameters, device)
    length = ids.shape[1]
    case = Case({"input_ids": ids, "logits": np.repeat(logits, 2, axis=0)})
    lengths = [rng.integers(1, length).item(), length]
    assert_batch(model, case, lengths, length + rng.integers(1, 4).item(), device, tolerance=1e-3)


@pytest.mark.todo(1, 6)
def test_many_texts_of_any_length_are_continued(step, device, rng):
    """Any number of texts of any length are continued, each to its own end"""
    for batch in (rng.integers(9, 14).item(), rng.integers(2, 6).item()):
        texts = [rng.integers(11, size=rng.integers(1, 12)).tolist() for _ in range(batch)]
        count, end = rng.integers(4, 12).item(), rng.integers(11).item()
        written, _ = continued(step, device, texts, max_new_tokens=count, eos_token_id=end, do_sample=False)
        assert_texts(written, [ended(right_text(text, count), len(text), end) for text in texts])
