"""Step 16, everything at once."""

import numpy as np
import pytest
from test_step_16 import KNOWN, assert_reads_on, assert_text, continued, counting_model, read  # noqa: F401  # KNOWN: for cases

from compare import CheckFailure, assert_close, assert_value_error, load_parameters, tensor
from course.grading.trial import drawing, oracle
from solutions.solution_01 import GPT2Config


@pytest.mark.todo(2, 3, 4)
def test_texts_in_many_parts_have_the_logits_of_the_whole(step, device, cases, rng):
    """Texts that are read in parts of all lengths have the logits that they have as a whole"""
    for case in cases:
        model = load_parameters(step.CachedGPT2(case.config), case.parameters, device)
        length = case["input_ids"].shape[1]
        places = np.flatnonzero(rng.random(length - 1) < 4 / length) + 1
        assert_reads_on(model, case, device, [0, *places.tolist(), length])


@pytest.mark.todo(2, 3, 4)
def test_gpt2_itself_goes_on_from_its_cache(step, device, rng):
    """A model of GPT-2's own sizes, all of them, reads a text in two parts"""
    case = drawing.published_model(rng)
    parameters = {f"transformer.{name}": array for name, array in case.parameters.items()}
    model = load_parameters(step.CachedGPT2(case.config), parameters, device)
    ids = case["input_ids"]
    logits = oracle.scores(oracle.stack(ids, case.parameters, case.config.n_head, 1e-5), case["wte.weight"])
    past_length = rng.integers(1, ids.shape[1]).item()
    _, cache = read(model, ids[:, :past_length], device)
    result, _ = read(model, ids[:, past_length:], device, cache)
    assert_close(result, logits[:, past_length:], 1e-3, device, f"the logits after {past_length} tokens")


@pytest.mark.todo(3)
def test_a_cache_of_any_size_says_when_it_is_full(step, device, rng):
    """A model of any context, GPT-2's too, refuses what no longer fits, by one token or by many, and takes what does"""
    for n_positions in [1024, *rng.integers(3, 200, size=2).tolist()]:
        config = GPT2Config(vocab_size=9, n_positions=n_positions, n_embd=6, n_layer=1, n_head=2, n_inner=5)
        model = step.CachedGPT2(config)
        past_length = rng.integers(1, n_positions).item()
        _, cache = read(model, np.zeros((1, past_length), np.int64), device)
        for total in (n_positions + 1, n_positions + rng.integers(2, 200).item()):
            ids = tensor(np.zeros((1, total - past_length), np.int64), device)
            assert_value_error(lambda ids=ids, cache=cache, model=model: model(ids, cache), total, n_positions)
        try:
            read(model, np.zeros((1, n_positions - past_length), np.int64), device, cache)
        except ValueError as error:
            raise CheckFailure(f"{n_positions} tokens to be read", f"ValueError: {error}") from error


@pytest.mark.todo(5, 6)
def test_texts_of_any_length_are_continued(step, device, rng):
    """Prompts of any length are continued by any number of tokens, each of which is read once"""
    for count in (*rng.integers(1, 20, size=3).tolist(), rng.integers(20, 60).item()):
        prompt = rng.integers(11, size=rng.choice([1, rng.integers(2, 20), rng.integers(129, 200)])).tolist()
        model = counting_model(device)
        text = continued(step, model, device, prompt, max_new_tokens=count, do_sample=False)
        assert_text(text, prompt, count)
        if [token for ids in model.asked for token in ids] != text[:-1]:
            raise CheckFailure("each token but the last to be read once", f"{sum(map(len, model.asked))} tokens read")
