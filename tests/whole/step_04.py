"""Step 04, everything at once."""

import numpy as np
import pytest

from compare import assert_close, load_parameters, tensor
from course.grading.trial import oracle
from solutions.solution_01 import GPT2Config


@pytest.mark.todo(2, 1)
def test_numbers_of_any_size_are_bent_in_networks_of_any_size(step, device, rng):
    """A network of any size bends numbers near 0 and far from it"""
    for n_embd in rng.permutation([1, 768, *rng.integers(2, 60, size=2)]).tolist():
        n_inner = rng.integers(1, 99).item()
        # Each hidden unit hears one feature, and each feature one unit: what the bend does to it is seen by itself.
        p = {
            "c_fc.weight": np.eye(n_inner, n_embd)[rng.permutation(n_inner)],
            "c_fc.bias": rng.uniform(-0.1, 0.1, n_inner),
            "c_proj.weight": np.eye(n_embd, n_inner)[:, rng.permutation(n_inner)],
            "c_proj.bias": rng.uniform(-0.1, 0.1, n_embd),
        }
        p = {name: array.astype(np.float32) for name, array in p.items()}
        mlp = load_parameters(step.GPT2MLP(GPT2Config(n_embd=n_embd, n_head=1, n_inner=n_inner)), p, device)
        near = np.float32(rng.uniform(-4, 4, (1, 3, n_embd)))
        assert_close(mlp(tensor(near, device)), oracle.mlp(near, p), 1e-5, device)
        far = np.float32(rng.uniform(-200, 200, (2, rng.integers(2, 9), n_embd)))
        assert_close(mlp(tensor(far, device)), oracle.mlp(far, p), 1e-4, device)
