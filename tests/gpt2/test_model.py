"""The loaded model computes GPT-2: compared with float64 NumPy, written from the formulas."""

import numpy as np
import pytest
from max.driver import CPU
from max.experimental.tensor import Tensor

from gpt2.checkpoint import CheckpointError, open_checkpoint
from gpt2.model import load_model

IDS = np.array([[72, 5, 256, 5, 131, 9, 0], [1, 88, 88, 2, 240, 17, 33]])


def layer_norm(x, weights, name):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-5) * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def conv1d(x, weights, name):
    return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def attention(x, weights, name, n_head):
    q, k, v = np.split(conv1d(x, weights, f"{name}.c_attn"), 3, axis=-1)
    out = np.empty_like(q)
    size = q.shape[-1] // n_head
    for head in range(n_head):
        part = np.s_[:, head * size : (head + 1) * size]
        scores = q[part] @ k[part].T / np.sqrt(size)  # [seq, seq]
        scores[np.triu_indices(len(scores), 1)] = -np.inf
        weight = np.exp(scores - scores.max(-1, keepdims=True))
        out[part] = weight / weight.sum(-1, keepdims=True) @ v[part]
    return conv1d(out, weights, f"{name}.c_proj")


def gpt2(ids, stored_weights, settings):
    """Logits [seq_length, vocab_size] of ids [seq_length]; weights as Hugging Face stores them."""
    weights = {name.removeprefix("transformer."): a.astype(np.float64) for name, a in stored_weights.items()}
    x = weights["wte.weight"][ids] + weights["wpe.weight"][: len(ids)]
    for layer in range(settings["n_layer"]):
        h = f"h.{layer}"
        x = x + attention(layer_norm(x, weights, f"{h}.ln_1"), weights, f"{h}.attn", settings["n_head"])
        hidden = gelu(conv1d(layer_norm(x, weights, f"{h}.ln_2"), weights, f"{h}.mlp.c_fc"))
        x = x + conv1d(hidden, weights, f"{h}.mlp.c_proj")
    return layer_norm(x, weights, "ln_f") @ weights["wte.weight"].T


def logits(model, ids, device):
    return np.from_dlpack(model(Tensor(ids, device=device)).to(CPU()))


@pytest.mark.parametrize("length", [1, 4, 7])
def test_logits_are_those_of_the_formulas(model, stored_weights, settings, device, length):
    ids = np.ascontiguousarray(IDS[:, :length])
    expected = np.stack([gpt2(row, stored_weights, settings) for row in ids])
    assert np.abs(expected).max() > 1  # so that the tolerance means something
    np.testing.assert_allclose(logits(model, ids, device), expected, atol=1e-4)


def test_the_compiled_model_computes_what_the_eager_one_does(model, folder, stored_weights, device):
    from solutions.solution_13 import GPT2LMHeadModel

    eager = GPT2LMHeadModel(open_checkpoint(str(folder)).config)
    linear = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    eager.load_state_dict(
        {
            name: Tensor((a.T if name.endswith(linear) else a).copy(), device=device)
            for name, a in stored_weights.items()
        }
    )
    np.testing.assert_allclose(logits(model, IDS, device), logits(eager, IDS, device), atol=1e-5)


def test_a_weight_of_another_shape_is_refused_before_anything_is_compiled(write_checkpoint, tmp_path, device):
    folder = write_checkpoint(tmp_path, n_positions=257)
    with pytest.raises(CheckpointError, match=r"transformer\.wpe\.weight is \[256, 128\] instead of \[257, 128\]"):
        load_model(open_checkpoint(str(folder)), device)
