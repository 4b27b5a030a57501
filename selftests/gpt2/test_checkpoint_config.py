"""A checkpoint is found and its configuration read; what is not exactly a GPT-2 is refused, and why."""

import json

import pytest

from gpt2.checkpoint import CheckpointError, open_checkpoint


def test_the_configuration_is_read(folder):
    checkpoint = open_checkpoint(str(folder))
    config = checkpoint.config
    assert (config.vocab_size, config.n_positions, config.n_embd) == (1024, 256, 128)
    assert (config.n_layer, config.n_head, config.n_inner) == (6, 4, 512)
    assert config.layer_norm_epsilon == 1e-5
    assert checkpoint.eos_token_ids == (256,)
    assert checkpoint.folder == folder


def test_n_inner_is_four_times_n_embd_where_it_is_missing_too(write_checkpoint, tmp_path, settings):
    folder = write_checkpoint(tmp_path)
    del settings["n_inner"]
    (folder / "config.json").write_text(json.dumps(settings))
    assert open_checkpoint(str(folder)).config.n_inner == 512


def test_another_n_inner_is_kept(write_checkpoint, tmp_path):
    assert open_checkpoint(str(write_checkpoint(tmp_path, n_inner=20))).config.n_inner == 20


def test_a_model_without_an_end_of_text_is_read(write_checkpoint, tmp_path):
    assert open_checkpoint(str(write_checkpoint(tmp_path, eos_token_id=None))).eos_token_ids == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("model_type", "gpt_neo"),
        ("activation_function", "mish"),
        ("scale_attn_weights", "no"),
        ("scale_attn_by_inverse_layer_idx", 1),
        ("add_cross_attention", True),
        ("tie_word_embeddings", None),
        ("vocab_size", 0),
        ("n_embd", "128"),
        ("n_layer", 2.5),
        ("n_head", True),
        ("n_head", None),
        ("n_head", 5),
        ("n_inner", -1),
        ("layer_norm_epsilon", 0),
        ("eos_token_id", "end"),
        ("eos_token_id", [1, "2"]),
    ],
)
def test_what_is_not_exactly_a_gpt2_is_refused_with_key_and_value(write_checkpoint, tmp_path, key, value):
    folder = write_checkpoint(tmp_path, **{key: value})
    with pytest.raises(CheckpointError, match=rf"config\.json: .*{key} .*") as caught:
        open_checkpoint(str(folder))
    assert json.dumps(value).strip('"') in str(caught.value)


@pytest.mark.parametrize(("key", "value"), [("n_layer", 10**9), ("vocab_size", 10**12), ("n_positions", 10**9)])
def test_a_giant_is_refused_before_it_is_built(write_checkpoint, tmp_path, key, value):
    with pytest.raises(CheckpointError, match=r"config\.json: it describes [\d,]+ parameters; the weights .* bytes"):
        open_checkpoint(str(write_checkpoint(tmp_path, **{key: value})))


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
