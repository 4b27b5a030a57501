"""The loaded model computes GPT-2: compared with float64 NumPy, written from the formulas."""

import numpy as np
import pytest
from max.driver import CPU
from max.dtype import DType
from max.experimental import functional as F
from max.experimental.tensor import Tensor, default_dtype

from course.grading.trial import oracle
from gpt2.checkpoint import CheckpointError, open_checkpoint, weight_shapes
from gpt2.loading import load_model, load_uncompiled_model
from selftests.checkpoints import oracle_parameters
from solutions.solution_01 import GPT2Config
from solutions.solution_13 import GPT2LMHeadModel

IDS = np.array([[72, 5, 256, 5, 131, 9, 0], [1, 88, 88, 2, 240, 17, 33]])


def logits(model, ids, device):
    return np.from_dlpack(model(Tensor(ids, device=device)).to(CPU()))


@pytest.mark.parametrize("length", [1, 4, 7])
def test_logits_are_those_of_the_formulas(model, stored_weights, settings, device, length):
    ids = np.ascontiguousarray(IDS[:, :length])
    parameters = oracle_parameters(stored_weights)
    expected = oracle.language_model(ids, parameters, settings["n_head"], settings["layer_norm_epsilon"])
    assert np.abs(expected).max() > 1  # so that the tolerance means something
    np.testing.assert_allclose(logits(model, ids, device), expected, atol=1e-4)


def test_the_compiled_model_computes_what_the_eager_one_does(model, folder, stored_weights, device):
    eager = GPT2LMHeadModel(open_checkpoint(str(folder)).config)
    parameters = oracle_parameters(stored_weights)
    eager.load_state_dict({name: Tensor(array.copy(), device=device) for name, array in parameters.items()})
    np.testing.assert_allclose(logits(model, IDS, device), logits(eager, IDS, device), atol=1e-5)


@pytest.mark.parametrize("load", [load_model, load_uncompiled_model])
def test_the_model_is_float32_whatever_maxs_default_type_is(model, folder, device, load):
    """On a GPU the default is bfloat16, and nobody need have changed it before the model is loaded."""
    with default_dtype(DType.bfloat16):
        loaded = load(open_checkpoint(str(folder)), device)
    np.testing.assert_allclose(logits(loaded, IDS, device), logits(model, IDS, device), atol=1e-5)


@pytest.mark.parametrize("config", [GPT2Config(n_layer=2), GPT2Config(17, 9, 12, 3, 2, 20)])
def test_the_weights_of_a_checkpoint_are_those_of_the_model_in_its_order(config):
    with F.lazy():
        model = GPT2LMHeadModel(config)
    parameters = [(name, tuple(map(int, parameter.shape))) for name, parameter in model.parameters]
    assert [*weight_shapes(config).items()] == parameters


def test_a_weight_of_another_shape_is_refused_before_anything_is_compiled(write_checkpoint, tmp_path, device):
    folder = write_checkpoint(tmp_path, n_positions=257)
    with pytest.raises(CheckpointError, match=r"transformer\.wpe\.weight is \[256, 128\] instead of \[257, 128\]"):
        load_model(open_checkpoint(str(folder)), device)
