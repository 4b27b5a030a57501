"""Small checkpoints of the GPT-2 family, each as somebody might have saved it: a table, and what writes a row of it.

tools/family_fixtures.py lets `transformers` compute their logits and texts, and test_family.py ours.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

SIZES = {"vocab_size": 96, "n_positions": 48, "n_embd": 24, "n_layer": 3, "n_head": 3}
PROMPT, NEW_TOKENS = [5, 90, 17, 17, 3], 20
NOBODY = {"eos_token_id": None}  # no end of text, so that a text goes on

# By name: settings in config.json, in place of those of SIZES where they are None; and what the weights are stored as.
Row = tuple[dict[str, Any], dict[str, Any]]
PLAIN: Row = ({}, {})
ROWS: dict[str, Row] = {
    "plain": PLAIN,
    **{
        f"activation {name}": ({"activation_function": name}, {})
        for name in ("gelu_new gelu_fast gelu_accurate gelu_pytorch_tanh gelu gelu_python relu silu swish".split())
    },
    "untied head": ({"tie_word_embeddings": False}, {"head": "own"}),
    "untied head, which is the table": ({"tie_word_embeddings": False}, {"head": "table"}),
    "untied head and relu": ({"tie_word_embeddings": False, "activation_function": "relu"}, {"head": "own"}),
    "table under the head's name": ({}, {"head": "alone"}),
    "both names": ({}, {"head": "table"}),
    "scores by layer": ({"scale_attn_by_inverse_layer_idx": True}, {}),
    "scores without scale": ({"scale_attn_weights": False}, {}),
    "scores by layer alone": ({"scale_attn_weights": False, "scale_attn_by_inverse_layer_idx": True}, {}),
    "scores by layer, in float16": ({"scale_attn_by_inverse_layer_idx": True}, {"dtype": np.float16}),
    "reordered": ({"reorder_and_upcast_attn": True}, {}),
    "float64": ({}, {"dtype": np.float64}),
    "float16": ({}, {"dtype": np.float16}),
    "without the prefix": ({}, {"prefix": ""}),
    "without the prefix, value head": ({}, {"prefix": "", "extra": ["v_head.summary.weight"]}),
    "value head": ({}, {"extra": ["v_head.summary.weight", "v_head.summary.bias"]}),
    "double heads": ({}, {"extra": ["multiple_choice_head.summary.weight"]}),
    "classifier": ({}, {"extra": ["score.weight"]}),
    "token classifier": ({}, {"extra": ["classifier.weight", "classifier.bias"]}),
    "with masks": ({}, {"masks": True}),
    "names of other models": (
        {"hidden_size": 24, "max_position_embeddings": 48, "num_attention_heads": 3, "num_hidden_layers": 3}
        | dict.fromkeys(("n_embd", "n_positions", "n_head", "n_layer")),
        {},
    ),
    "one head": ({"n_head": 1}, {}),
    "as many heads as features": ({"n_head": 24}, {}),
    "wide inside": ({"n_inner": 130}, {}),
    "narrow inside": ({"n_inner": 7}, {}),
    "one layer": ({"n_layer": 1}, {}),
    "large epsilon": ({"layer_norm_epsilon": 0.1}, {}),
    "no model_type": ({"model_type": None}, {}),
}


def settings_of(name: str) -> dict[str, Any]:
    """What config.json of a row says."""
    settings = {"model_type": "gpt2", **SIZES, **NOBODY} | ROWS[name][0]
    kept = {"n_inner", "eos_token_id"}
    return {key: value for key, value in settings.items() if value is not None or key in kept}


def write(name: str, folder: Path) -> None:
    """Write the checkpoint of a row, without a tokenizer: its weights are random, and the same each time."""
    settings, storing = settings_of(name), ROWS[name][1]
    (folder / "config.json").write_text(json.dumps(settings))
    size = SIZES | {key: value for key, value in settings.items() if key in (*SIZES, "n_inner")}
    n_embd, n_inner = size["n_embd"], size.get("n_inner") or 4 * size["n_embd"]
    shapes = {"wte.weight": (size["vocab_size"], n_embd), "wpe.weight": (size["n_positions"], n_embd)}
    for layer in range(size["n_layer"]):
        for part, (n_in, n_out) in {
            "attn.c_attn": (n_embd, 3 * n_embd),
            "attn.c_proj": (n_embd, n_embd),
            "mlp.c_fc": (n_embd, n_inner),
            "mlp.c_proj": (n_inner, n_embd),
        }.items():
            shapes |= {f"h.{layer}.{part}.weight": (n_in, n_out), f"h.{layer}.{part}.bias": (n_out,)}
        for norm in ("ln_1", "ln_2"):
            shapes |= {f"h.{layer}.{norm}.{kind}": (n_embd,) for kind in ("weight", "bias")}
    shapes |= {f"ln_f.{kind}": (n_embd,) for kind in ("weight", "bias")}
    rng = np.random.default_rng(7)
    prefix = storing.get("prefix", "transformer.")
    weights = {prefix + each: rng.normal(0, 0.4, shape) for each, shape in shapes.items()}
    table = f"{prefix}wte.weight"
    match storing.get("head"):
        case "own":
            weights["lm_head.weight"] = rng.normal(0, 0.4, shapes["wte.weight"])
        case "table":
            weights["lm_head.weight"] = weights[table].copy()
        case "alone":
            weights["lm_head.weight"] = weights.pop(table)
    weights |= {each: rng.normal(0, 1, (2, n_embd)) for each in storing.get("extra", ())}
    if storing.get("masks"):
        weights |= {
            f"{prefix}h.{layer}.attn.bias": np.tril(np.ones((1, 1, 48, 48))) for layer in range(size["n_layer"])
        }
    dtype = storing.get("dtype", np.float32)
    stored = {each: np.ascontiguousarray(array.astype(np.float32).astype(dtype)) for each, array in weights.items()}
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
