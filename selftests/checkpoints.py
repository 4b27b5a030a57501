"""Fixtures of the engine's tests: a checkpoint of random weights as Hugging Face writes it, and models of it.

It has the shape of models/storyteller, because MAX compiles a model once for a shape: so the tests do not wait for a
compilation of their own. The sizes are pairwise different, so that swapped axes show. The tokens are the 256 bytes, as
byte-level BPE writes them, and `<|endoftext|>`; ids above have no text.
"""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

END = 256
SETTINGS = {
    "model_type": "gpt2",
    "vocab_size": 1024,
    "n_positions": 256,
    "n_embd": 128,
    "n_layer": 6,
    "n_head": 4,
    "n_inner": None,
    "layer_norm_epsilon": 1e-5,
    "eos_token_id": END,
}


@pytest.fixture
def settings():
    """What config.json holds."""
    return dict(SETTINGS)


def random_weights(settings):
    """Weights as Hugging Face stores them: linear layers are [in, out]."""
    rng = np.random.default_rng(0)
    vocab_size, n_embd = settings["vocab_size"], settings["n_embd"]
    n_inner = settings["n_inner"] or 4 * n_embd
    shapes = {"wte.weight": (vocab_size, n_embd), "wpe.weight": (settings["n_positions"], n_embd)}
    for layer in range(settings["n_layer"]):
        for name, shape in {
            "ln_1.weight": (n_embd,),
            "ln_1.bias": (n_embd,),
            "attn.c_attn.weight": (n_embd, 3 * n_embd),
            "attn.c_attn.bias": (3 * n_embd,),
            "attn.c_proj.weight": (n_embd, n_embd),
            "attn.c_proj.bias": (n_embd,),
            "ln_2.weight": (n_embd,),
            "ln_2.bias": (n_embd,),
            "mlp.c_fc.weight": (n_embd, n_inner),
            "mlp.c_fc.bias": (n_inner,),
            "mlp.c_proj.weight": (n_inner, n_embd),
            "mlp.c_proj.bias": (n_embd,),
        }.items():
            shapes[f"h.{layer}.{name}"] = shape
    shapes |= {"ln_f.weight": (n_embd,), "ln_f.bias": (n_embd,)}
    return {f"transformer.{name}": rng.normal(0, 0.2, shape).astype(np.float32) for name, shape in shapes.items()}


@pytest.fixture(scope="session")
def stored_weights():
    return random_weights(SETTINGS)


@pytest.fixture(scope="session")
def shapes(stored_weights):
    """The model's parameters: linear layers are [out, in]."""
    linear = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    return {name: a.shape[::-1] if name.endswith(linear) else a.shape for name, a in stored_weights.items()}


@pytest.fixture(scope="session")
def write_checkpoint(stored_weights):
    """Writes a checkpoint into a folder; keywords change its settings. With weights=None it makes some that fit."""

    def write(folder, weights=stored_weights, **changes):
        weights = random_weights(SETTINGS | changes) if weights is None else weights
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(SETTINGS | changes))
        save_file(weights, folder / "model.safetensors")
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        tokenizer = Tokenizer(models.BPE(vocab={sign: id for id, sign in enumerate(alphabet)}, merges=[]))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.add_special_tokens(["<|endoftext|>"])
        tokenizer.save(str(folder / "tokenizer.json"))
        return folder

    return write


@pytest.fixture(scope="session")
def folder(write_checkpoint, tmp_path_factory):
    """A sound checkpoint, to be read only."""
    return write_checkpoint(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="session")
def model(folder, device):
    """The sound checkpoint, compiled, without a cache."""
    from gpt2.checkpoint import open_checkpoint
    from gpt2.loading import load_model

    return load_model(open_checkpoint(str(folder)), device)


@pytest.fixture(scope="session")
def cached_model(folder, device):
    """The sound checkpoint, compiled, with a cache."""
    from gpt2.checkpoint import open_checkpoint
    from gpt2.loading import load_cached_model

    return load_cached_model(open_checkpoint(str(folder)), device)


class ScriptedModel:
    """Stands in for a ``CachedModel``: the likeliest tokens of each text of a batch are its script, then only END."""

    def __init__(self, config, scripts):
        self.config = config
        self.scripts = scripts
        self.extended = 0  # how many calls of extend
        self.left = 0  # how many tokens the cache has space for
        self.batches = []  # how many texts it was asked about, each time

    def start(self, prompts, capacity):
        assert len(prompts) == len(self.scripts)
        self.extended = 0
        self.left = capacity - max(map(len, prompts))
        return self._logits(), self

    def extend(self, ids, cache):
        assert cache is self and ids.shape == (len(self.scripts), 1)
        self.extended += 1
        assert self.extended <= self.left
        return self._logits()

    def select(self, cache, rows):
        assert cache is self
        self.scripts = [self.scripts[row] for row in rows]
        return self

    def _logits(self):
        self.batches.append(len(self.scripts))
        logits = np.zeros((len(self.scripts), self.config.vocab_size), np.float32)
        for row, script in zip(logits, self.scripts, strict=True):
            row[script[self.extended] if self.extended < len(script) else END] = 1e4
        return logits


@pytest.fixture
def scripted(folder):
    """Makes a model that writes these texts."""
    from gpt2.checkpoint import open_checkpoint
    from gpt2.tokenizer import load_tokenizer

    config = open_checkpoint(str(folder)).config
    tokenizer = load_tokenizer(folder, config.vocab_size)
    return lambda *texts: ScriptedModel(config, [tokenizer.encode(text).ids for text in texts])


CONV1D = ("c_attn.weight", "c_proj.weight", "c_fc.weight")  # Hugging Face stores them as [in, out]


def oracle_parameters(stored):
    """Weights as Hugging Face stores them, in the form that the formulas of the oracle take."""
    return {name: array.T if name.endswith(CONV1D) else array for name, array in stored.items()}
