"""Random GPT-2 weights in Hugging Face's layout: speed depends on shapes, not on values."""

import json
import os
import tempfile
from pathlib import Path

import numpy as np

SIZES = {
    "124M": {"n_embd": 768, "n_layer": 12, "n_head": 12},
    "355M": {"n_embd": 1024, "n_layer": 24, "n_head": 16},
}
VOCAB_SIZE, N_POSITIONS = 50257, 1024


def write_checkpoint(size: str, folder: Path) -> Path:
    """The checkpoint of a size in ``folder``, written on first use."""
    checkpoint = folder / f"gpt2-{size}"
    if checkpoint.is_dir():
        return checkpoint
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:  # in the end whole or not there
        made = Path(name) / "made"
        made.mkdir()
        save_file(_weights(**SIZES[size]), made / "model.safetensors", metadata={"format": "pt"})
        (made / "config.json").write_text(json.dumps(_config(**SIZES[size]), indent=2))
        (made / "tokenizer.json").write_text(_tokenizer())
        os.replace(made, checkpoint)
    return checkpoint


def parameter_count(size: str) -> int:
    """How many weights a model of that size has; the head is the embedding's, and counts once."""
    n_embd, n_layer = SIZES[size]["n_embd"], SIZES[size]["n_layer"]
    block = 12 * n_embd**2 + 13 * n_embd  # c_attn, c_proj, c_fc, c_proj with their biases, and two norms
    return (VOCAB_SIZE + N_POSITIONS) * n_embd + n_layer * block + 2 * n_embd


def _config(n_embd: int, n_layer: int, n_head: int) -> dict:
    return {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "activation_function": "gelu_new",
        "vocab_size": VOCAB_SIZE,
        "n_positions": N_POSITIONS,
        "n_embd": n_embd,
        "n_layer": n_layer,
        "n_head": n_head,
        "layer_norm_epsilon": 1e-5,
        "bos_token_id": VOCAB_SIZE - 1,
        "eos_token_id": VOCAB_SIZE - 1,
    }


def _weights(n_embd: int, n_layer: int, n_head: int) -> dict[str, np.ndarray]:
    """Of such sizes that logits spread as far as the trained GPT-2's, and greedy text varies."""
    random = np.random.default_rng(0)

    def normal(deviation: float, *shape: int) -> np.ndarray:
        return deviation * random.standard_normal(shape, np.float32)

    weights = {"wte.weight": normal(0.14, VOCAB_SIZE, n_embd), "wpe.weight": normal(0.14, N_POSITIONS, n_embd)}
    norms = ["ln_f"]
    for layer in range(n_layer):
        block = f"h.{layer}"
        norms += [f"{block}.ln_1", f"{block}.ln_2"]
        for name, before, after in (
            ("attn.c_attn", n_embd, 3 * n_embd),
            ("attn.c_proj", n_embd, n_embd),
            ("mlp.c_fc", n_embd, 4 * n_embd),
            ("mlp.c_proj", 4 * n_embd, n_embd),
        ):
            weights[f"{block}.{name}.weight"] = normal(0.05, before, after)
            weights[f"{block}.{name}.bias"] = normal(0.1, after)
    for norm in norms:
        weights[f"{norm}.weight"] = 1 + normal(0.1, n_embd)
        weights[f"{norm}.bias"] = normal(0.1, n_embd)
    return weights


def _tokenizer() -> str:
    """A stub, one token for each byte: what is measured starts from ids."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {character: index for index, character in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer.to_str()
