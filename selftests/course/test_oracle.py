"""The graders' own oracle says what Hugging Face transformers says, and never asks the same twice."""

import os
import subprocess
import sys

import numpy as np
import pytest
import test_step_01
import test_step_02
import test_step_14

from course.curriculum.steps import ROOT
from course.grading.trial import oracle

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


@pytest.mark.parametrize("checks", [test_step_01, test_step_02, test_step_14], ids=["step 01", "step 02", "step 14"])
def test_numbers_that_stand_in_the_checks_are_others_too(checks):
    step = int(checks.__name__[-2:])
    for seed in range(100):
        fresh = oracle.fresh(step, checks.KNOWN, np.random.default_rng(seed))
        assert fresh.keys() == checks.KNOWN.keys()
        same = [name for name, value in fresh.items() if np.array_equal(value, checks.KNOWN[name])]
        assert set(same) <= {"ends"}  # of which there are two orders only


def test_fresh_configurations_are_even_and_uneven():
    for seed in range(100):
        fresh = oracle.fresh(1, test_step_01.KNOWN, np.random.default_rng(seed))
        assert not any(n_embd % n_head for n_embd, n_head in fresh["even"].tolist())
        assert all(n_embd % n_head for n_embd, n_head in fresh["uneven"].tolist())


DIGEST = """
import hashlib, sys
import numpy as np
from course.grading.trial import oracle
arrays = oracle.fresh(9, dict(np.load(sys.argv[1])), np.random.default_rng(1))
print(hashlib.sha256(b"".join(arrays[name].tobytes() for name in sorted(arrays))).hexdigest())
"""


def test_the_same_seed_gives_the_same_arrays_in_every_process():
    digests = {
        subprocess.check_output(
            [sys.executable, "-c", DIGEST, "tests/fixtures/step_09.npz"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("1", "2", "3")
    }
    assert len(digests) == 1
