"""Weights are read exactly, at every size of GPT-2, in little memory, and each that does not fit is named."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from safetensors import TensorSpec, serialize_file
from safetensors.numpy import save_file

from course.curriculum.steps import ROOT
from gpt2.checkpoint import CheckpointError, open_checkpoint, read_weights

LAYER = {  # of the weights of a layer the shapes, in n_embd
    "ln_1.weight": (1,),
    "ln_1.bias": (1,),
    "attn.c_attn.weight": (1, 3),
    "attn.c_attn.bias": (3,),
    "attn.c_proj.weight": (1, 1),
    "attn.c_proj.bias": (1,),
    "ln_2.weight": (1,),
    "ln_2.bias": (1,),
    "mlp.c_fc.weight": (1, 4),
    "mlp.c_fc.bias": (4,),
    "mlp.c_proj.weight": (4, 1),
    "mlp.c_proj.bias": (1,),
}
C_FC = "transformer.h.0.mlp.c_fc.weight"


def test_weights_are_read_and_linear_layers_transposed(folder, shapes, stored_weights):
    weights = read_weights(folder, shapes)
    assert weights.keys() == shapes.keys()
    for name, array in weights.items():
        assert array.shape == shapes[name]
        assert array.dtype == np.float32
        stored = stored_weights[name]
        np.testing.assert_array_equal(array, stored.T if array.shape != stored.shape else array)
    # Square, so that no shape shows whether it is transposed.
    c_proj = "transformer.h.1.attn.c_proj.weight"
    np.testing.assert_array_equal(weights[c_proj], stored_weights[c_proj].T)
    np.testing.assert_array_equal(weights["transformer.wte.weight"], stored_weights["transformer.wte.weight"])


def test_names_without_prefix_buffers_and_a_tied_head_are_accepted(write_checkpoint, tmp_path, shapes, stored_weights):
    bare = {name.removeprefix("transformer."): array for name, array in stored_weights.items()}
    bare["lm_head.weight"] = bare["wte.weight"].copy()
    bare["h.0.attn.bias"] = np.ones((1, 1, 256, 256), np.uint8)
    bare["h.0.attn.masked_bias"] = np.float32([-1e4])
    weights = read_weights(write_checkpoint(tmp_path, bare), shapes)
    assert weights.keys() == shapes.keys()


def test_half_precision_is_widened(write_checkpoint, tmp_path, shapes, stored_weights):
    halves = {name: array.astype(np.float16) for name, array in stored_weights.items()}
    weights = read_weights(write_checkpoint(tmp_path, halves), shapes)
    name = "transformer.wpe.weight"
    assert weights[name].dtype == np.float32
    np.testing.assert_array_equal(weights[name], halves[name].astype(np.float32))


def test_bfloat16_is_widened(tmp_path):
    bits = np.array([0x3F80, 0xC000, 0x3E20, 0x0000], np.uint16)  # 1, -2, 0.15625, 0
    spec = TensorSpec(dtype="bfloat16", shape=(4,), data_ptr=bits.ctypes.data, data_len=bits.nbytes)
    serialize_file({"transformer.ln_f.bias": spec}, tmp_path / "model.safetensors")
    weights = read_weights(tmp_path, {"transformer.ln_f.bias": (4,)})
    assert weights["transformer.ln_f.bias"].tolist() == [1.0, -2.0, 0.15625, 0.0]


def test_every_weight_that_does_not_fit_is_named(write_checkpoint, tmp_path, shapes, stored_weights):
    wrong = dict(stored_weights)
    del wrong["transformer.ln_f.bias"], wrong["transformer.h.1.ln_2.weight"]
    wrong["transformer.h.6.ln_1.bias"] = np.zeros(128, np.float32)
    wrong["pooler.weight"] = np.zeros((2, 128), np.float32)
    wrong[C_FC] = wrong[C_FC].T.copy()
    wrong["lm_head.weight"] = wrong["transformer.wte.weight"] * 2
    with pytest.raises(CheckpointError) as caught:
        read_weights(write_checkpoint(tmp_path, wrong), shapes)
    message = str(caught.value)
    assert "transformer.ln_f.bias is missing" in message
    assert "transformer.h.1.ln_2.weight is missing" in message
    assert "transformer.h.6.ln_1.bias is not a part of the model" in message
    assert "pooler.weight is not a part of the model" in message
    assert f"{C_FC} is [512, 128] instead of [128, 512]" in message
    assert "lm_head.weight differs" in message


def test_whole_numbers_are_no_weights(write_checkpoint, tmp_path, shapes, stored_weights):
    wrong = stored_weights | {"transformer.ln_f.bias": np.zeros(128, np.int64)}
    with pytest.raises(CheckpointError, match=r"transformer\.ln_f\.bias has the type I64"):
        read_weights(write_checkpoint(tmp_path, wrong), shapes)


def test_pickle_is_not_read_and_why(write_checkpoint, tmp_path, shapes):
    write_checkpoint(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"no model\.safetensors .*pickle.* any code"):
        read_weights(tmp_path, shapes)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_reading_takes_little_more_memory_than_the_weights(tmp_path, dtype):
    """In a process of its own: the most that it has needed, less what it needs without reading."""
    shapes = {f"transformer.h.{layer}.mlp.c_fc.weight": (500, 4000) for layer in range(16)}  # transposed, all of them
    shapes |= {"transformer.wte.weight": (1000, 4000), "lm_head.weight": (1000, 4000)}
    names = {name: np.ones(shape[::-1] if "c_fc" in name else shape, dtype) for name, shape in shapes.items()}
    save_file(names, tmp_path / "model.safetensors")
    del shapes["lm_head.weight"]
    program = (
        "import resource, numpy, json; from pathlib import Path\n"
        "from safetensors import safe_open\n"
        "from gpt2.checkpoint import read_weights\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        f"weights = read_weights(Path({str(tmp_path)!r}), {shapes!r})\n"
        "made = {name: weight + 1 for name, weight in weights.items()}\n"
        "assert all(weight.min() == 2 for weight in made.values())\n"
        "print((peak() - before) * (1 if __import__('sys').platform == 'darwin' else 1024))"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(ran.stdout) <= 1.3 * sum(4 * np.prod(shape) for shape in shapes.values())


SIZES = {  # n_layer, n_embd, n_head, and the parameters, as Hugging Face counts them
    "gpt2": (12, 768, 12, 124_439_808),
    "gpt2-medium": (24, 1024, 16, 354_823_168),
    "gpt2-large": (36, 1280, 20, 774_030_080),
    "gpt2-xl": (48, 1600, 25, 1_557_611_200),
}


@pytest.mark.parametrize("size", SIZES)
def test_each_size_of_gpt2_is_read(size, write_checkpoint, tmp_path, device):
    """From files of zeros that take no room on the disk, with names and shapes as on the hub."""
    from max.experimental import functional as F

    from solutions.solution_13 import GPT2LMHeadModel

    n_layer, n_embd, n_head, parameters = SIZES[size]
    settings = {"vocab_size": 50257, "n_positions": 1024, "n_embd": n_embd, "n_layer": n_layer, "n_head": n_head}
    write_checkpoint(tmp_path, **settings)
    stored = {"wte.weight": (50257, n_embd), "wpe.weight": (1024, n_embd)}
    for name, shape in LAYER.items():
        for layer in range(n_layer):
            stored[f"h.{layer}.{name}"] = tuple(times * n_embd for times in shape)
            stored[f"h.{layer}.attn.bias"] = (1, 1, 1024, 1024)
    stored |= {"ln_f.weight": (n_embd,), "ln_f.bias": (n_embd,)}
    header, end = {}, 0
    for name, shape in stored.items():
        begin, end = end, end + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)

    with F.lazy():
        model = GPT2LMHeadModel(open_checkpoint(str(tmp_path)).config)
    shapes = {name: tuple(map(int, parameter.shape)) for name, parameter in model.parameters}
    assert sum(map(math.prod, shapes.values())) == parameters
    weights = read_weights(tmp_path, shapes)
    for name in ("transformer.wpe.weight", f"transformer.h.{n_layer - 1}.mlp.c_proj.weight"):
        assert weights[name].shape == shapes[name]
    assert weights.keys() == shapes.keys()
