"""Weights may lie in several files, and an index that is damaged or leads elsewhere is refused."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from gpt2.checkpoint import CheckpointError, read_weights


def test_weights_may_lie_in_several_files(write_checkpoint, tmp_path, shapes, stored_weights):
    write_checkpoint(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    names = list(stored_weights)
    for part, some in enumerate((names[:7], names[7:]), start=1):
        save_file({name: stored_weights[name] for name in some}, tmp_path / f"model-0000{part}-of-00002.safetensors")
    assert read_weights(tmp_path, shapes).keys() == shapes.keys()


@pytest.fixture
def parts(write_checkpoint, tmp_path, stored_weights):
    """A checkpoint in two files and the index that names them, which it returns to be spoiled."""
    write_checkpoint(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    names = list(stored_weights)
    files = {"a.safetensors": names[:7], "b.safetensors": names[7:]}
    for file, some in files.items():
        save_file({name: stored_weights[name] for name in some}, tmp_path / file)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {name: file for file, some in files.items() for name in some}}))
    return index


def test_an_index_says_which_files(parts, shapes, stored_weights):
    weights = read_weights(parts.parent, shapes)
    assert weights.keys() == shapes.keys()
    np.testing.assert_array_equal(weights["transformer.ln_f.bias"], stored_weights["transformer.ln_f.bias"])


def test_a_file_that_the_index_names_and_that_is_not_there_is_named(parts, shapes):
    (parts.parent / "b.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"has no b\.safetensors, which model\.safetensors\.index\.json names"):
        read_weights(parts.parent, shapes)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"weight_map": []}', '{"weight_map": {"a": 1}}', "\ud8ff"])
def test_a_damaged_index_is_named(parts, shapes, text):
    parts.write_bytes(text.encode("utf-16", "surrogatepass") if text == "\ud8ff" else text.encode())
    with pytest.raises(CheckpointError, match=r"index\.json cannot be read"):
        read_weights(parts.parent, shapes)


@pytest.mark.parametrize("name", ["../a.safetensors", "/etc/passwd", "", ".."])
def test_an_index_leads_to_no_other_folder(parts, shapes, name):
    parts.write_text(json.dumps({"weight_map": {"transformer.wte.weight": name}}))
    with pytest.raises(CheckpointError, match=r"index\.json names .*, which is no safetensors file beside it"):
        read_weights(parts.parent, shapes)
