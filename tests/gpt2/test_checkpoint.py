"""A sound checkpoint is read exactly, and whatever is wrong with another one is said by name."""

import json

import numpy as np
import pytest
from safetensors import TensorSpec, serialize_file
from safetensors.numpy import save_file

from gpt2.checkpoint import CheckpointError, open_checkpoint, read_weights

C_FC = "transformer.h.0.mlp.c_fc.weight"


@pytest.fixture
def shapes(stored_weights):
    """The model's parameters: linear layers are [out, in]."""
    linear = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    return {name: a.shape[::-1] if name.endswith(linear) else a.shape for name, a in stored_weights.items()}


def test_the_configuration_is_read(folder):
    checkpoint = open_checkpoint(str(folder))
    config = checkpoint.config
    assert (config.vocab_size, config.n_positions, config.n_embd) == (1024, 256, 128)
    assert (config.n_layer, config.n_head, config.n_inner) == (6, 4, 512)
    assert config.layer_norm_epsilon == 1e-5
    assert checkpoint.eos_token_id == 256
    assert checkpoint.folder == folder


def test_n_inner_is_four_times_n_embd_where_it_is_missing_too(write_checkpoint, tmp_path, settings):
    folder = write_checkpoint(tmp_path)
    del settings["n_inner"]
    (folder / "config.json").write_text(json.dumps(settings))
    assert open_checkpoint(str(folder)).config.n_inner == 512


def test_another_n_inner_is_kept(write_checkpoint, tmp_path):
    assert open_checkpoint(str(write_checkpoint(tmp_path, n_inner=20))).config.n_inner == 20


def test_a_model_without_an_end_of_text_is_read(write_checkpoint, tmp_path):
    assert open_checkpoint(str(write_checkpoint(tmp_path, eos_token_id=None))).eos_token_id is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("model_type", "gpt_neo"),
        ("activation_function", "gelu"),
        ("scale_attn_weights", False),
        ("scale_attn_by_inverse_layer_idx", True),
        ("add_cross_attention", True),
        ("tie_word_embeddings", False),
        ("vocab_size", 0),
        ("n_embd", "128"),
        ("n_layer", 2.5),
        ("n_head", True),
        ("n_head", None),
        ("n_head", 5),
        ("n_inner", -1),
        ("layer_norm_epsilon", 0),
        ("eos_token_id", [1, 2]),
    ],
)
def test_what_is_not_exactly_a_gpt2_is_refused_with_key_and_value(write_checkpoint, tmp_path, key, value):
    folder = write_checkpoint(tmp_path, **{key: value})
    with pytest.raises(CheckpointError, match=rf"config\.json: .*{key} .*") as caught:
        open_checkpoint(str(folder))
    assert json.dumps(value).strip('"') in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "\ufeff{}", '{"vocab_size": NaN}'])
def test_a_damaged_configuration_names_its_file(write_checkpoint, tmp_path, text):
    path = write_checkpoint(tmp_path) / "config.json"
    path.write_text(text)
    with pytest.raises(CheckpointError, match=r"config\.json"):
        open_checkpoint(str(tmp_path))


def test_a_folder_without_configuration_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"has no config\.json"):
        open_checkpoint(str(tmp_path))


def test_a_file_is_not_a_checkpoint(folder):
    with pytest.raises(CheckpointError, match="is a file"):
        open_checkpoint(str(folder / "config.json"))


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "~/nowhere/at/all", "a/b/c"])
def test_a_path_that_leads_nowhere_is_no_hub_name(name):
    with pytest.raises(CheckpointError, match="there is no folder"):
        open_checkpoint(name)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """An empty cache, and no hub at the other end."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    return constants


def test_without_a_network_a_hub_name_is_refused_in_one_line(hub):
    with pytest.raises(CheckpointError, match="cannot be downloaded from the Hugging Face hub") as caught:
        open_checkpoint("openai-community/gpt2")
    assert "there is no folder openai-community/gpt2" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_offline_mode_is_named(hub, monkeypatch):
    monkeypatch.setattr(hub, "HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match="HF_HUB_OFFLINE"):
        open_checkpoint("openai-community/gpt2")


def test_an_unknown_hub_name_is_refused(monkeypatch):
    import huggingface_hub
    from httpx import Request, Response
    from huggingface_hub.errors import RepositoryNotFoundError

    def not_found(name, allow_patterns):
        assert not any("bin" in pattern or "pt" in pattern.split(".") for pattern in allow_patterns)
        raise RepositoryNotFoundError("404", response=Response(404, request=Request("GET", "http://hub")))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", not_found)
    with pytest.raises(CheckpointError, match="no public model of that name"):
        open_checkpoint("nobody/nothing")


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


def test_weights_may_lie_in_several_files(write_checkpoint, tmp_path, shapes, stored_weights):
    write_checkpoint(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    names = list(stored_weights)
    for part, some in enumerate((names[:7], names[7:]), start=1):
        save_file({name: stored_weights[name] for name in some}, tmp_path / f"model-0000{part}-of-00002.safetensors")
    assert read_weights(tmp_path, shapes).keys() == shapes.keys()


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
    wrong["score.weight"] = np.zeros((2, 128), np.float32)
    wrong[C_FC] = wrong[C_FC].T.copy()
    wrong["lm_head.weight"] = wrong["transformer.wte.weight"] * 2
    with pytest.raises(CheckpointError) as caught:
        read_weights(write_checkpoint(tmp_path, wrong), shapes)
    message = str(caught.value)
    assert "transformer.ln_f.bias is missing" in message
    assert "transformer.h.1.ln_2.weight is missing" in message
    assert "transformer.h.6.ln_1.bias is not a part of the model" in message
    assert "score.weight is not a part of the model" in message
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


@pytest.mark.parametrize("cut", [0, 7, 500, -1])
def test_damaged_weights_name_their_file(write_checkpoint, tmp_path, shapes, cut):
    path = write_checkpoint(tmp_path) / "model.safetensors"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(CheckpointError, match=r"model\.safetensors cannot be read"):
        read_weights(tmp_path, shapes)
