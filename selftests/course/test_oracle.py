"""The graders' own oracle says what Hugging Face transformers says, and never asks the same twice."""

import os
import re
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest
import test_step_01
import test_step_02
import test_step_14
import test_step_16

from course.curriculum.steps import ROOT
from course.grading.trial import drawing, oracle
from course.judging.case import Case, read_cases
from solutions.solution_01 import GPT2Config

STEPS = (*range(3, 14), 15, 16, 17)


def known(step: int) -> list[Case]:
    return test_step_16.KNOWN if step == 16 else read_cases(ROOT / f"tests/fixtures/step_{step:02}.npz")


def drawn(step: int, seed: int) -> list[Case]:
    return drawing.draw(step, known(step), np.random.default_rng(seed))


@pytest.mark.parametrize("step", STEPS)
def test_it_agrees_with_transformers(step):
    for case in known(step):
        for name, output in oracle.outputs(step, case).items():
            np.testing.assert_allclose(output, case[name], atol=1e-12)


def test_its_greedy_text_is_that_of_transformers():
    case = known(13)[0]
    prompt = case["greedy_text"][:, : oracle.PROMPT_LENGTH]
    found = oracle.greedy_text(Case(case | {"input_ids": prompt}))
    np.testing.assert_array_equal(found, case["greedy_text"])


@pytest.mark.parametrize("step", STEPS)
def test_drawn_cases_have_the_same_arrays(step):
    def names(cases):  # blocks are as many as are drawn
        return [{re.sub(r"h\.\d+", "h", name) for name in case} for case in cases]

    first, second, *others = names(drawn(step, 1))
    assert [first, second] == names(known(step)[:2])
    assert all(other == second for other in others)


@pytest.mark.parametrize("cases", [known(11), drawn(11, 1)], ids=["known", "drawn"])
def test_the_first_two_cases_share_their_sizes_and_a_later_one_has_none_of_them(cases):
    first, second = cases[:2]
    assert first.config == second.config and first["x"].shape == second["x"].shape
    assert not np.array_equal(first["x"], second["x"])
    sizes = [(*asdict(case.config).values(), *case["x"].shape) for case in cases]
    for position, size in enumerate(sizes[0]):
        assert any(other[position] != size for other in sizes[2:])


def test_what_is_drawn_has_published_and_long_cases_too():
    for seed in range(20):
        cases = drawn(4, seed)
        assert any(case.config == GPT2Config() for case in cases)
        assert any(case["x"].shape[1] > 256 for case in cases)
    assert len({len(drawn(4, seed)) for seed in range(20)}) > 1


def test_what_is_published_is_drawn_whole():
    case = drawing.published_model(np.random.default_rng(1))
    assert case.config == GPT2Config()
    assert case["wte.weight"].shape == (50257, 768) and case["wpe.weight"].shape == (1024, 768)
    assert {int(name.split(".")[1]) for name in case if name.startswith("h.")} == set(range(12))


def test_wide_texts_are_long_and_short():
    for step in (4, 9, 10, 11):
        lengths = [case["x"].shape[1] for case in drawn(step, 3) if case.config.n_embd == 768]
        assert min(lengths) < 10 and max(lengths) > 128


def test_scores_are_the_dot_products_with_all_rows():
    rng = np.random.default_rng(1)
    x, table = rng.standard_normal((2, 3, 5)), rng.standard_normal((2 * oracle.ROWS + 7, 5))
    np.testing.assert_allclose(oracle.scores(x, table), x @ table.T, atol=1e-12)


@pytest.mark.parametrize("checks", [test_step_01, test_step_02, test_step_14], ids=["step 01", "step 02", "step 14"])
def test_numbers_that_stand_in_the_checks_are_others_too(checks):
    step = int(checks.__name__[-2:])
    for seed in range(100):
        fresh = drawing.draw(step, [Case(checks.KNOWN)], np.random.default_rng(seed))[0]
        assert fresh.keys() == checks.KNOWN.keys()
        same = [name for name, value in fresh.items() if np.array_equal(value, checks.KNOWN[name])]
        assert set(same) <= {"ends"}  # of which there are two orders only


def test_fresh_configurations_are_even_and_uneven():
    for seed in range(100):
        fresh = drawing.draw(1, [Case(test_step_01.KNOWN)], np.random.default_rng(seed))[0]
        assert not any(n_embd % n_head for n_embd, n_head in fresh["even"].tolist())
        assert all(n_embd % n_head for n_embd, n_head in fresh["uneven"].tolist())


DIGEST = """
import hashlib
import numpy as np
from course.grading.trial import drawing
cases = drawing.draw(9, [], np.random.default_rng(1))
print(hashlib.sha256(b"".join(array.tobytes() for case in cases for array in case.values())).hexdigest())
"""


def test_the_same_seed_gives_the_same_arrays_in_every_process():
    digests = {
        subprocess.check_output(
            [sys.executable, "-c", DIGEST],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("1", "2", "3")
    }
    assert len(digests) == 1
