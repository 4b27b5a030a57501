"""What config.json and generation_config.json say of a checkpoint of the GPT-2 family, as `transformers` reads them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from solutions.solution_01 import GPT2Config

# Activation functions by their names in `transformers`, and those that they are: some have several names.
ACTIVATIONS = {
    "gelu_new": "gelu_new",
    "gelu_fast": "gelu_new",
    "gelu_accurate": "gelu_new",
    "gelu_pytorch_tanh": "gelu_new",
    "gelu": "gelu",  # the exact form
    "gelu_python": "gelu",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
}

# The sizes, the name that each has in other models and may have here, too, and its default: that of the smallest GPT-2.
SIZES: Mapping[str, tuple[str, int | None]] = {
    "vocab_size": ("vocab_size", 50257),
    "n_positions": ("max_position_embeddings", 1024),
    "n_embd": ("hidden_size", 768),
    "n_layer": ("num_hidden_layers", 12),
    "n_head": ("num_attention_heads", 12),
    "n_inner": ("n_inner", None),  # 4 * n_embd
}
END_OF_TEXT = 50256


class CheckpointError(ValueError):
    """A checkpoint cannot be found or read, or is not a GPT-2; the message says which and why."""


@dataclass(frozen=True)
class Family:
    """How a model differs from GPT-2, whose values are the defaults.

    Attributes:
        activation: of the feed-forward network: "gelu_new", "gelu", "relu" or "silu".
        is_tied: the head's weight is the token table.
        scales_scores: attention scores are divided by the root of head_dim.
        scales_by_layer: they are also divided by the number of the layer, from 1.
    """

    activation: str = "gelu_new"
    is_tied: bool = True
    scales_scores: bool = True
    scales_by_layer: bool = False


def read_settings(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        FileNotFoundError: there is no such file.
        CheckpointError: it is damaged.
    """
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    if not isinstance(settings, dict):
        raise CheckpointError(f"{path} holds {type(settings).__name__}, not an object")
    return settings


def family_of(settings: Mapping[str, Any]) -> Family:
    """Which part of the family a model belongs to. Settings that fit no part of it are refused by name."""
    if (kind := settings.get("model_type", "gpt2")) != "gpt2":
        raise CheckpointError(f'model_type is {json.dumps(kind)}; expected "gpt2"')
    if settings.get("add_cross_attention", False) is not False:
        raise CheckpointError(f"add_cross_attention is {json.dumps(settings['add_cross_attention'])}; expected false")
    name = settings.get("activation_function", "gelu_new")
    if name not in ACTIVATIONS:
        raise CheckpointError(f"activation_function is {json.dumps(name)}; expected {', '.join(ACTIVATIONS)}")
    return Family(
        ACTIVATIONS[name],
        is_tied=_flag(settings, "tie_word_embeddings", True),
        scales_scores=_flag(settings, "scale_attn_weights", True),
        scales_by_layer=_flag(settings, "scale_attn_by_inverse_layer_idx", False),
    )


def _flag(settings: Mapping[str, Any], key: str, default: bool) -> bool:
    value = settings.get(key, default)
    if type(value) is not bool:
        raise CheckpointError(f"{key} is {json.dumps(value)}; expected true or false")
    return value


def config_of(settings: Mapping[str, Any]) -> "GPT2Config":
    """The configuration of step 1."""
    # Imported here, not above: with --mine the learner's own class takes its place, after this module is imported.
    from solutions.solution_01 import GPT2Config

    sizes: dict[str, int] = {}
    for key, (other, default) in SIZES.items():
        value = settings.get(key, settings.get(other, default))
        if key == "n_inner" and value is None:
            value = 4 * sizes["n_embd"]
        if type(value) is not int or value < 1:
            raise CheckpointError(f"{key} is {json.dumps(value)}; expected a positive whole number")
        sizes[key] = value
    if sizes["n_embd"] % sizes["n_head"]:
        raise CheckpointError(f"n_embd {sizes['n_embd']} is not a multiple of n_head {sizes['n_head']}")
    epsilon = settings.get("layer_norm_epsilon", 1e-5)
    if type(epsilon) not in (int, float) or not 0 < epsilon < 1:
        raise CheckpointError(f"layer_norm_epsilon is {json.dumps(epsilon)}; expected a small positive number")
    return GPT2Config(**sizes, layer_norm_epsilon=epsilon)


def settings_of(config: "GPT2Config") -> dict[str, Any]:
    """What config.json holds of a GPT-2 whose last token ends a text."""
    end = config.vocab_size - 1
    return {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "activation_function": "gelu_new",
        "vocab_size": config.vocab_size,
        "n_positions": config.n_positions,
        "n_embd": config.n_embd,
        "n_layer": config.n_layer,
        "n_head": config.n_head,
        "n_inner": config.n_inner,
        "layer_norm_epsilon": config.layer_norm_epsilon,
        "bos_token_id": end,
        "eos_token_id": end,
    }


def ends_of(settings: Mapping[str, Any]) -> tuple[int, ...]:
    """The tokens that end a text: one, several, or none."""
    value = settings.get("eos_token_id", END_OF_TEXT)
    ids = value if isinstance(value, list) else [] if value is None else [value]
    if any(type(id) is not int for id in ids):
        raise CheckpointError(f"eos_token_id is {json.dumps(value)}; expected a token id, or a list of them")
    return tuple(ids)
