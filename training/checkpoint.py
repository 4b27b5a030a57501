"""What a training leaves behind: its state while it goes on, and in the end a Hugging Face checkpoint."""

import io
import json
from pathlib import Path

import torch
from safetensors.torch import save
from tokenizers import Tokenizer

from gpt2.checkpoint import CONV1D
from gpt2.configuration import settings_of
from training.files import write
from training.model import GPT2

STATE = "state.pt"


def write_state(folder: Path, state: dict) -> None:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write(folder / STATE, buffer.getvalue())


def read_state(folder: Path) -> dict | None:
    """The state of a training that has not come to its end, if there is one."""
    path = folder / STATE
    return torch.load(path, weights_only=True) if path.exists() else None


def remove_state(folder: Path) -> None:
    (folder / STATE).unlink(missing_ok=True)


def write_checkpoint(folder: Path, model: GPT2, tokenizer: Tokenizer) -> None:
    """Write the model as `transformers` does: config.json, model.safetensors, tokenizer.json."""
    weights = {
        # Hugging Face keeps these four layers as a Conv1D, [in, out].
        name: (weight.T if name.endswith(CONV1D) else weight).contiguous()
        for name, weight in model.state_dict().items()
    }
    write(folder / "model.safetensors", save(weights, metadata={"format": "pt"}))
    write(folder / "tokenizer.json", tokenizer.to_str().encode())
    write(folder / "config.json", (json.dumps(settings_of(model.config), indent=2) + "\n").encode())
