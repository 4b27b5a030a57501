"""A checkpoint of random weights as Hugging Face stores it. Speed depends on the shapes of weights, not on values."""

import json
import os
import tempfile
from pathlib import Path

import numpy as np

from gpt2.checkpoint import weight_shapes
from gpt2.configuration import settings_of
from solutions.solution_01 import GPT2Config

SIZES = {
    "124M": {"n_embd": 768, "n_layer": 12, "n_head": 12},
    "355M": {"n_embd": 1024, "n_layer": 24, "n_head": 16},
    "1.5B": {"n_embd": 1600, "n_layer": 48, "n_head": 25},
}
VOCAB_SIZE, N_POSITIONS = 50257, 1024


def write_checkpoint(size: str, folder: Path) -> Path:
    """The checkpoint of a size in ``folder``. It is written at the first call."""
    checkpoint = folder / f"gpt2-{size}"
    if checkpoint.is_dir():
        return checkpoint
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:  # renamed when complete
        made = Path(name) / "made"
        made.mkdir()
        save_file(_weights(config_of(size)), made / "model.safetensors", metadata={"format": "pt"})
        (made / "config.json").write_text(json.dumps(settings_of(config_of(size)), indent=2))
        (made / "tokenizer.json").write_text(_tokenizer())
        os.replace(made, checkpoint)
    return checkpoint


def config_of(size: str) -> GPT2Config:
    """The configuration of a size."""
    sizes = SIZES[size]
    return GPT2Config(vocab_size=VOCAB_SIZE, n_positions=N_POSITIONS, n_inner=4 * sizes["n_embd"], **sizes)


def _weights(config: GPT2Config) -> dict[str, np.ndarray]:
    """Random weights, so large that logits spread as far as the trained GPT-2's, and greedy text varies.

    The order in which they are drawn decides their values, to which the recorded figures belong: first all tables and
    linear layers, then ``ln_f``, then the other norms.
    """
    random = np.random.default_rng(0)
    shapes = {name.removeprefix("transformer."): shape for name, shape in weight_shapes(config).items()}

    def normal(deviation: float, shape: tuple[int, ...]) -> np.ndarray:
        return deviation * random.standard_normal(shape, np.float32)

    weights = {}
    norms = []
    for name, shape in shapes.items():
        if ".attn." in name or ".mlp." in name:
            # Transposed: Hugging Face keeps the weight of a linear layer as [in, out].
            weights[name] = normal(0.1, shape) if name.endswith(".bias") else normal(0.05, shape[::-1])
        elif name.startswith(("wte", "wpe")):
            weights[name] = normal(0.14, shape)
        else:
            norms.append(name)
    for name in [*norms[-2:], *norms[:-2]]:
        weights[name] = normal(0.1, shapes[name]) + (1 if name.endswith(".weight") else 0)
    return weights


def _tokenizer() -> str:
    """A tokenizer with one token for each byte. It is there because checkpoints have one: what is measured uses ids."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    vocabulary = {character: index for index, character in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer.to_str()
