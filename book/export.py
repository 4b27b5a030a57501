"""Exports the numbers behind the pages to play with, book/play/*.json, from the real code.

    python -m book.export

Whole arrays travel as base64: little-endian float32 for logits, uint16 for shares of 1.
"""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from max.experimental import functional as F
from max.experimental.tensor import Tensor

from book.pictures.storyteller import attention, device, encode, logits, run, tokenizer, words
from course.curriculum.steps import ROOT
from solutions.solution_01 import GPT2Config
from solutions.solution_02 import causal_mask
from solutions.solution_08 import compute_attention
from solutions.solution_09 import GPT2MultiHeadAttention

FOLDER = ROOT / "book" / "play"

# Three where the model has a choice, and one where it is sure of what comes.
PROMPTS = ("He had learned that", '"Why do you fight?" asked the', "From then on, she", "Once upon a time")
FULL = 2**16 - 1  # a share of 1 as uint16

SENTENCES = (
    "A little fox named Pip lost his way, and he was afraid of the dark.",
    'She pulled and pulled, but the rock was too heavy. "There must be another way," she said.',
)

SEQ_LENGTH = 4
SIZES = {"n_embd": 6, "n_head": 2}  # with head_dim 3 no two sizes are equal


def temperature_lab() -> dict[str, Any]:
    """The logits after four prompts."""
    prompts = [encode(prompt)[0].tolist() for prompt in PROMPTS]
    return {
        "tokens": _vocabulary(),
        "prompts": prompts,
        "logits": _base64(np.stack([logits(np.array([prompt]))[-1] for prompt in prompts]), "<f4"),
    }


def _vocabulary() -> list[str]:
    """The text of each token. Bytes that are only a part of a character are written as in Python."""
    return [_text(token) for token in range(tokenizer.get_vocab_size())]


def _text(token: int) -> str:
    text = tokenizer.decode([token], skip_special_tokens=False)
    return text if "\ufffd" not in text else "".join(f"\\x{byte:02x}" for byte in _bytes(token))


def _bytes(token: int) -> bytes:
    """What a token stands for: byte-level BPE writes each byte as a visible sign (GPT-2's ``bytes_to_unicode``)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = [byte for byte in range(256) if byte not in printable]
    signs = {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(rest)}
    return bytes(signs[sign] for sign in tokenizer.id_to_token(token))


def attention_explorer() -> dict[str, Any]:
    """Where every head of every layer looks, for a few sentences."""
    return {"sentences": [_attention(sentence) for sentence in SENTENCES]}


def _attention(sentence: str) -> dict[str, Any]:
    ids = encode(sentence)
    weights = np.stack([layer.weights for layer in attention(ids)])  # [n_layer, n_head, seq, seq]
    past = weights[(..., *np.tril_indices(ids.shape[1]))]  # the future has a weight of 0
    return {
        "tokens": words(ids),
        "n_layer": weights.shape[0],
        "n_head": weights.shape[1],
        "weights": _base64(np.rint(past * FULL), "<u2"),
    }


def shape_stepper() -> dict[str, Any]:
    """Every array on the way through step 09, for four tokens of six features and two heads."""
    rng = np.random.default_rng(9)
    n_embd = SIZES["n_embd"]
    attn = GPT2MultiHeadAttention(GPT2Config(**SIZES))

    def drawn(shape: Sequence[int], spread: float) -> np.ndarray:
        return rng.normal(0, spread, shape).round(1).astype(np.float32)

    shapes = {name: [int(size) for size in parameter.shape] for name, parameter in attn.parameters}
    attn.load_state_dict({name: Tensor(drawn(shape, 0.4), device=device) for name, shape in shapes.items()})
    x = drawn((1, SEQ_LENGTH, n_embd), 1.0)

    qkv = run(attn.c_attn, x)
    query, key, value = np.split(qkv, 3, axis=-1)
    heads = [run(attn.split_heads, part) for part in (query, key, value)]
    scores = run(lambda q, k: q @ k.transpose(-1, -2) * attn.head_dim**-0.5, *heads[:2])
    arrays = {
        "x": x,
        "qkv": qkv,
        "query": query,
        "key": key,
        "value": value,
        "query_heads": heads[0],
        "key_heads": heads[1],
        "value_heads": heads[2],
        "scores": scores,
        "masked": run(lambda s: s + causal_mask(SEQ_LENGTH, s.dtype, s.device), scores),
        "weights": run(lambda s: F.softmax(s + causal_mask(SEQ_LENGTH, s.dtype, s.device)), scores),
        "attended": run(compute_attention, *heads),
        "merged": run(lambda *heads: attn.merge_heads(compute_attention(*heads)), *heads),
        "output": run(attn, x),
    }
    return {name: {"shape": array.shape, "values": _rounded(array)} for name, array in arrays.items()}


def _rounded(array: np.ndarray) -> list[float | None]:
    """The numbers in a row, as JSON knows them: minus infinity is null."""
    return [None if np.isinf(value) else round(value, 4) for value in array.ravel().tolist()]


def _base64(array: np.ndarray, dtype: str) -> str:
    return base64.b64encode(array.astype(dtype).tobytes()).decode()


def to_json(data: dict[str, Any]) -> str:
    """One line of JSON that can stand inside an HTML page, and which no directive or formula is found in."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    for sign in "<&$":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text.replace("{{", "{\\u007b") + "\n"


EXPORTS: dict[str, Callable[[], dict[str, Any]]] = {
    "temperature-lab": temperature_lab,
    "attention-explorer": attention_explorer,
    "shape-stepper": shape_stepper,
}


def main() -> None:
    for name, export in EXPORTS.items():
        path = FOLDER / f"{name}.json"
        path.write_text(to_json(export()), encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
