"""The graders' own oracle says what Hugging Face transformers says, and never asks the same twice."""

import numpy as np
import pytest
from course.grading import oracle
from course.todos import ROOT

STEPS = range(3, 14)


def known(step: int) -> dict[str, np.ndarray]:
    with np.load(ROOT / f"tests/fixtures/step_{step:02}.npz") as arrays:
        return dict(arrays)


@pytest.mark.parametrize("step", STEPS)
def test_it_agrees_with_transformers(step):
    arrays = known(step)
    for name, output in oracle.outputs(step, arrays).items():
        if name != "greedy_text":  # of another prompt
            np.testing.assert_allclose(output, arrays[name], atol=1e-12)


def test_its_greedy_text_is_that_of_transformers():
    arrays = known(13)
    prompt = arrays["greedy_text"][:, : oracle.PROMPT_LENGTH]
    found = oracle.outputs(13, arrays | {"input_ids": prompt})["greedy_text"]
    np.testing.assert_array_equal(found, arrays["greedy_text"])


@pytest.mark.parametrize("step", STEPS)
def test_fresh_arrays_have_the_known_shapes_and_other_numbers(step):
    arrays, fresh = known(step), oracle.fresh(step, known(step), np.random.default_rng(1))
    assert {name: array.shape for name, array in fresh.items()} == {name: array.shape for name, array in arrays.items()}
    assert not any(np.array_equal(fresh[name], array) for name, array in arrays.items())


def test_steps_without_fixtures_have_no_fresh_arrays():
    assert oracle.fresh(14, {}, np.random.default_rng(1)) == {}
