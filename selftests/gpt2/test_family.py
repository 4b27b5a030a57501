"""Relatives of GPT-2 compute what `transformers` makes of the same folder, or are refused by name."""

import json

import numpy as np
import pytest
from max.driver import CPU
from max.experimental.tensor import Tensor

from course.curriculum.steps import ROOT
from gpt2.checkpoint import CheckpointError, open_checkpoint, weights_of
from gpt2.family import adapt
from gpt2.loading import load_cached_model
from selftests.gpt2.families import NEW_TOKENS, PROMPT, ROWS, settings_of, write
from solutions.solution_13 import GPT2LMHeadModel


@pytest.fixture(scope="module")
def theirs():
    """Logits after the prompt and the greedy text, by row: tools/family_fixtures.py."""
    with np.load(ROOT / "tests" / "fixtures" / "family.npz") as arrays:
        return dict(arrays)


@pytest.mark.parametrize("name", ROWS)
def test_logits_and_greedy_text_are_those_of_transformers(name, tmp_path, theirs, device):
    write(name, tmp_path)
    model = load_cached_model(open_checkpoint(tmp_path), device)
    logits, cache = model.start([PROMPT], len(PROMPT) + NEW_TOKENS)
    expected = theirs[f"{name}/logits"]
    assert np.abs(expected).max() > 1  # so that the tolerance means something
    np.testing.assert_allclose(logits[0], expected, atol=1e-4)
    text = [int(logits[0].argmax())]
    while len(text) < NEW_TOKENS:
        text.append(int(model.extend(np.array([text[-1:]]), cache)[0].argmax()))
    assert text == theirs[f"{name}/text"].tolist()


@pytest.mark.parametrize(
    "name", ["activation gelu", "activation relu", "activation silu", "untied head", "scores by layer"]
)
def test_step_13_adapted_computes_the_same(name, tmp_path, theirs, device):
    """As --naive, the server and the engine on a GPU run it."""
    write(name, tmp_path)
    checkpoint = open_checkpoint(tmp_path)
    model = GPT2LMHeadModel(checkpoint.config)
    adapt(model, checkpoint.config, checkpoint.family)
    model.load_state_dict(weights_of(checkpoint))
    logits = model.to(device)(Tensor(np.array([PROMPT]), device=device))
    np.testing.assert_allclose(np.from_dlpack(logits.to(CPU()))[0, -1], theirs[f"{name}/logits"], atol=1e-4)


def test_rows_differ_where_the_models_do(theirs):
    different = ["plain", "activation gelu", "activation relu", "activation silu", "untied head", "scores by layer"]
    for index, name in enumerate(different):
        for other in different[:index]:
            assert np.abs(theirs[f"{name}/logits"] - theirs[f"{other}/logits"]).max() > 2e-4, (name, other)


@pytest.mark.parametrize("activation", ["quick_gelu", "tanh", "mish", "GELU", None, 3])
def test_other_activations_are_refused_before_anything_is_loaded(tmp_path, activation):
    (tmp_path / "config.json").write_text(json.dumps(settings_of("plain") | {"activation_function": activation}))
    with pytest.raises(CheckpointError, match="activation_function is .*; expected gelu_new, "):
        open_checkpoint(tmp_path)


def test_heads_of_training_are_left_out_and_named(tmp_path, caplog):
    write("value head", tmp_path)
    weights_of(open_checkpoint(tmp_path))
    assert "left out v_head.summary.bias, v_head.summary.weight" in caplog.text


def test_an_untied_head_that_is_missing_is_named(tmp_path):
    write("plain", tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(settings_of("plain") | {"tie_word_embeddings": False}))
    with pytest.raises(CheckpointError, match=r"lm_head\.weight is missing"):
        weights_of(open_checkpoint(tmp_path))


# The end of a text


@pytest.mark.parametrize(
    ("config", "generation", "ends"),
    [
        ({"eos_token_id": 7}, None, (7,)),
        ({"eos_token_id": [7, 9]}, None, (7, 9)),
        ({"eos_token_id": 7}, {"eos_token_id": 9}, (9,)),
        ({}, {"eos_token_id": [9, 11]}, (9, 11)),
        ({"eos_token_id": 7}, {"eos_token_id": None}, ()),
        ({"eos_token_id": 7}, {"do_sample": True}, (7,)),
        ({"eos_token_id": None}, None, ()),
    ],
)
def test_the_end_is_that_of_generation_config_or_of_config(tmp_path, config, generation, ends):
    settings = {key: value for key, value in settings_of("plain").items() if key != "eos_token_id"}
    (tmp_path / "config.json").write_text(json.dumps(settings | config))
    if generation is not None:
        (tmp_path / "generation_config.json").write_text(json.dumps(generation))
    assert open_checkpoint(tmp_path).eos_token_ids == ends


def test_a_wrong_end_names_the_file_that_has_it(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(settings_of("plain")))
    (tmp_path / "generation_config.json").write_text('{"eos_token_id": "end"}')
    with pytest.raises(CheckpointError, match=r"generation_config\.json: eos_token_id is \"end\""):
        open_checkpoint(tmp_path)


# Names of checkpoints


@pytest.mark.parametrize(
    "address", ["https://huggingface.co/openai-community/gpt2", "https://hf.co/openai-community/gpt2/tree/main"]
)
def test_an_address_of_the_hub_is_answered_with_the_name(address):
    with pytest.raises(CheckpointError, match="is an address; the model's name is openai-community/gpt2$"):
        open_checkpoint(address)


def test_weights_of_another_kind_are_named(tmp_path):
    write("plain", tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "model.fp16.safetensors")
    with pytest.raises(CheckpointError, match=r"has model\.fp16\.safetensors, but no model\.safetensors"):
        weights_of(open_checkpoint(tmp_path))
