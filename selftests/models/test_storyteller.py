"""The shipped checkpoint is whole, and the grammar and tokenizer behind it can be made again.

Proves, without PyTorch: the same seed gives the same stories on every Python;
the stories are correct English in what can be checked by rule; the tokenizer
is the one that these stories give and loses no text; the weights are those
of a GPT-2 as `config.json` describes it, and they predict unseen stories.
"""

import hashlib
import json
import random
import re
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from course.grading.trial import oracle
from models.storyteller.training.cast import BOYS, GIRLS
from models.storyteller.training.stories import HELD_OUT_SEED, held_out_stories, stories, training_stories
from selftests.checkpoints import oracle_parameters
from training.tokenizer import END_OF_TEXT, train_tokenizer

FOLDER = Path(__file__).parents[2] / "models" / "storyteller"


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(FOLDER / "tokenizer.json"))


@pytest.fixture(scope="module")
def config() -> dict:
    return json.loads((FOLDER / "config.json").read_text())


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    return load_file(FOLDER / "model.safetensors")


@pytest.fixture(scope="module")
def training() -> list[str]:
    return training_stories()


@pytest.fixture(scope="module")
def held_out(training) -> list[str]:
    return held_out_stories(training, 500)


@pytest.fixture(scope="module")
def many_stories() -> list[str]:
    return list(islice(stories(seed=3), 5000))


# The grammar


def test_same_seed_gives_the_same_stories_on_every_python():
    text = "\n".join(islice(stories(seed=7), 500))
    assert (
        hashlib.sha256(text.encode()).hexdigest() == "b2cec85e8dfc1f4af33ff619f8fe73203410670ee348e368b5cbb729f5082bfe"
    )


def test_stories_differ(many_stories):
    assert len(set(many_stories)) == len(many_stories)


def test_held_out_stories_are_not_in_the_training_set(training, held_out):
    assert len(held_out) == len(set(held_out)) == 500
    assert set(held_out).isdisjoint(training)


def test_a_story_that_was_trained_on_is_never_held_out():
    first, second, third = islice(stories(HELD_OUT_SEED), 3)
    assert held_out_stories([second, first], count=1) == [third]


def test_a_and_an_follow_the_next_sound(many_stories):
    for text in many_stories:
        assert not re.search(r"\b[Aa] [aeiou]|\b[Aa]n [^aeiou]|\b[Aa]n? (hour|honest|one|use|uni)", text), text


def test_sentences_begin_with_a_capital_and_end_with_a_mark(many_stories):
    for text in many_stories:
        assert re.match(r'"?[A-Z]', text), text
        assert re.search(r'[.!?]"?$', text), text
        assert not re.search(r'[.] [a-z]|\." [a-z]|  | [.,!?]|[{}\n]', text), text
        assert text.count('"') % 2 == 0, text


def test_pronouns_agree_with_the_hero_and_with_nobody_else(many_stories):
    he, she = {"he", "him", "his"}, {"she", "her", "hers"}
    for text in many_stories:
        words = re.findall(r"\w+", text)
        hero = next(word for word in words if word in GIRLS + BOYS)
        right, wrong = (she, he) if hero in GIRLS else (he, she)
        used = {word.lower() for word in words}
        assert used & right, text
        assert not used & wrong, text


def test_nobody_speaks_before_being_introduced(many_stories):
    for text in many_stories:
        for speech in re.finditer(r"(?:said|asked) the (\w+)", text):
            if speech[1] != "neighbours":  # everyone has neighbours
                assert re.search(rf"\b([Aa]n? \w+|friend the) {speech[1]}\b", text[: speech.start()]), text


# The tokenizer


def test_training_the_tokenizer_again_gives_the_shipped_one(training, tokenizer):
    assert train_tokenizer(training, 1024).to_str() == tokenizer.to_str()


def test_end_of_text_is_the_last_id(tokenizer, config):
    assert tokenizer.get_vocab_size() == config["vocab_size"] == 1024
    assert tokenizer.token_to_id(END_OF_TEXT) == config["bos_token_id"] == config["eos_token_id"] == 1023


def test_a_story_comes_back_unchanged_and_fits_the_context(tokenizer, config, held_out):
    for text in held_out:
        ids = tokenizer.encode(text).ids
        assert tokenizer.decode(ids) == text
        assert len(ids) + 2 <= config["n_positions"]  # with <|endoftext|> on both sides


def test_any_text_comes_back_unchanged(tokenizer):
    rng = random.Random(0)
    characters = [chr(code) for code in range(0x11000) if not 0xD800 <= code < 0xE000]  # surrogates are not text
    texts = ["", " ", "\n\n\t x  ", "naïve café", "🦊🐢👩‍🚀", "日本語", "\x00\x7f", "Zoë's 3,14 €"]
    texts += ["".join(rng.choice(characters) for _ in range(40)) for _ in range(200)]
    for text in texts:
        assert tokenizer.decode(tokenizer.encode(text).ids) == text


# The weights


def test_everything_together_is_at_most_ten_megabytes():
    names = {path.name for path in FOLDER.iterdir() if path.is_file()}
    assert names == {"README.md", "config.json", "model.safetensors", "tokenizer.json", "training.json"}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= 10_000_000


def test_config_is_gpt2(config):
    assert config["model_type"] == "gpt2"
    assert config["architectures"] == ["GPT2LMHeadModel"]
    assert config["activation_function"] == "gelu_new"
    assert config["layer_norm_epsilon"] == 1e-5
    assert config["n_embd"] % config["n_head"] == 0


def test_names_and_shapes_are_what_the_config_implies(config, weights):
    n_embd = config["n_embd"]
    expected = {
        "transformer.wte.weight": (config["vocab_size"], n_embd),
        "transformer.wpe.weight": (config["n_positions"], n_embd),
        "transformer.ln_f.weight": (n_embd,),
        "transformer.ln_f.bias": (n_embd,),
    }
    for layer in range(config["n_layer"]):
        for name, shape in {  # Conv1D keeps its matrices as [in, out]
            "ln_1.weight": (n_embd,),
            "ln_1.bias": (n_embd,),
            "attn.c_attn.weight": (n_embd, 3 * n_embd),
            "attn.c_attn.bias": (3 * n_embd,),
            "attn.c_proj.weight": (n_embd, n_embd),
            "attn.c_proj.bias": (n_embd,),
            "ln_2.weight": (n_embd,),
            "ln_2.bias": (n_embd,),
            "mlp.c_fc.weight": (n_embd, 4 * n_embd),
            "mlp.c_fc.bias": (4 * n_embd,),
            "mlp.c_proj.weight": (4 * n_embd, n_embd),
            "mlp.c_proj.bias": (n_embd,),
        }.items():
            expected[f"transformer.h.{layer}.{name}"] = shape
    # The head is tied to wte, so there is no lm_head.weight.
    assert {name: weight.shape for name, weight in weights.items()} == expected


def test_weights_are_one_to_two_million_finite_float32(weights):
    assert 1_000_000 <= sum(weight.size for weight in weights.values()) <= 2_000_000
    for name, weight in weights.items():
        assert weight.dtype == np.float32, name
        assert np.isfinite(weight).all(), name


def test_weights_predict_unseen_stories_as_well_as_the_card_says(weights, config, tokenizer, held_out):
    parameters = oracle_parameters(weights)
    nats, tokens = 0.0, 0
    for text in held_out[:30]:
        ids = np.array(tokenizer.encode(END_OF_TEXT + text + END_OF_TEXT).ids)
        logits = oracle.language_model(ids[:-1], parameters, config["n_head"], config["layer_norm_epsilon"])
        logits = logits - logits.max(axis=-1, keepdims=True)
        log_probs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        nats -= log_probs[np.arange(len(ids) - 1), ids[1:]].sum()
        tokens += len(ids) - 1
    stated = float(re.search(r"\| storyteller \| ([\d.]+) \|", (FOLDER / "README.md").read_text())[1])
    # Thirty of the card's thousand stories; the bigram model is nine times worse.
    assert np.exp(nats / tokens) == pytest.approx(stated, rel=0.03)
