"""Step 01, everything at once."""

import pytest
from test_step_01 import PUBLISHED

from compare import CheckFailure, assert_value_error
from course.grading.trial import drawing

# Of the four published models: n_embd, n_layer, n_head.
REAL = [(64 * n_head, n_layer, n_head) for n_head, n_layer in drawing.PUBLISHED]


@pytest.mark.todo(2, 1)
def test_any_configuration_keeps_its_values_and_shares_its_features(step, rng):
    """A configuration of any sizes, the published ones too, keeps all seven values, and shares its features out"""
    drawn = [
        (n_head * rng.integers(1, 300).item(), rng.integers(1, 99).item(), n_head)
        for n_head in rng.integers(2, 200, size=rng.integers(3, 9)).tolist()
    ]
    sizes = REAL + drawn
    for number in rng.permutation(len(sizes)):
        n_embd, n_layer, n_head = sizes[number]
        others = {"n_embd": n_embd, "n_layer": n_layer, "n_head": n_head, "n_inner": 4 * n_embd}
        if number >= len(REAL):
            others |= {name: rng.integers(1, 99_999).item() for name in ("vocab_size", "n_positions", "n_inner")}
            others["layer_norm_epsilon"] = rng.random()
        config = step.GPT2Config(**others)
        wanted = {**PUBLISHED, **others, "head_dim": n_embd // n_head}
        for name, value in wanted.items():
            found = getattr(config, name, None)
            if type(found) is not type(value) or found != value:
                raise CheckFailure(f"{name} = {value!r} of a configuration with {others}", f"{name} = {found!r}")
        left_over = n_embd + rng.integers(1, n_head).item()
        assert_value_error(
            lambda others=others | {"n_embd": left_over}: step.GPT2Config(**others).head_dim, left_over, n_head
        )
