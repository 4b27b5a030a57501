"""What must come out of the steps, in float64 by the formulas, for inputs that nobody has seen.

The checks read it in place of the numbers that they know, in tests/fixtures/ or in themselves, which
a submission could know by heart. Arrays keep their names; those of tests/fixtures/ keep their shapes
too. selftests/course/test_oracle.py holds the formulas against them: they come from Hugging Face transformers.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from course.curriculum.sizes import SIZES

Arrays = dict[str, NDArray]

N_HEAD, EPS, VOCAB_SIZE = SIZES["n_head"], SIZES["layer_norm_epsilon"], SIZES["vocab_size"]
PROMPT_LENGTH, NEW_TOKENS = 7, 40
DIFFERENT = 8  # tokens in a continuation, at least
MARGIN = 0.002  # by which each greedy token leads the next one: twenty times what logits may be off


def fresh(step: int, known: Mapping[str, NDArray], rng: np.random.Generator) -> Arrays:
    """Other inputs and parameters than the known ones, and what must come out of them."""
    if step in _DRAWS:
        return _DRAWS[step](known, rng)
    while True:
        # In one order: a set's would be another one in each process.
        drawn = {name: _drawn(name, known[name], rng) for name in sorted(known.keys() - outputs(step, known).keys())}
        arrays = drawn | outputs(step, drawn)
        if all(array.size for array in arrays.values()):
            return arrays


def outputs(step: int, arrays: Mapping[str, NDArray]) -> Arrays:
    """What must come out of a step, given its inputs and parameters."""
    return _OUTPUTS[step](arrays)


def _drawn(name: str, known: NDArray, rng: np.random.Generator) -> NDArray:
    if known.dtype == np.int64:
        ids = rng.integers(VOCAB_SIZE, size=known.shape)
        ids[0, :2] = 0, VOCAB_SIZE - 1  # the first and the last row of the table
        ids[-1, :2] = ids[0, 2]  # the same token in several places
        return ids
    # Parameters much larger than in a new model, so that every part of it counts; larger biases
    # would let the same token win everywhere. Rows of different mean and spread.
    scale = 0.2 if name.endswith("bias") else 0.7 if name.endswith("weight") else 1.0
    array = scale * rng.standard_normal(known.shape)
    if name == "x":
        array = array * rng.uniform(0.3, 1.5, (*array.shape[:-1], 1)) + rng.standard_normal((*array.shape[:-1], 1))
    return array.astype(np.float32)


# Steps that are judged by values that stand in their checks.


def _draw_configurations(known: Mapping[str, NDArray], rng: np.random.Generator) -> Arrays:
    """Pairs of n_embd and n_head, and the sizes of a model, in the order of the configuration's fields."""
    n_head = rng.permutation(np.arange(3, 60))[: len(known["even"]) + len(known["uneven"])]
    head_dim = rng.integers(2, 200, size=n_head.shape)
    left_over = rng.integers(1, n_head)
    pairs = np.stack([n_head * head_dim, n_head], axis=1)
    even, uneven = np.split(pairs, [len(known["even"])])
    even[-1, 0] = even[-1, 1]  # one feature for each head
    uneven[:, 0] += left_over[len(even) :]
    uneven[-1, 0] = left_over[-1]  # more heads than features
    sizes = rng.permutation(np.arange(20, 2000))[: len(known["sizes"])]
    sizes[2] = sizes[4] * rng.integers(2, 200)  # n_embd is a multiple of n_head
    return {"even": even, "uneven": uneven, "sizes": sizes}


def _draw_lengths(known: Mapping[str, NDArray], rng: np.random.Generator) -> Arrays:
    return {name: rng.integers(17, 97) for name in known}


def _draw_text(known: Mapping[str, NDArray], rng: np.random.Generator) -> Arrays:
    """What the tokens are called, and at which temperatures what is asked."""
    return {
        "names": rng.permutation(len(known["names"])),
        "logits": rng.permutation(known["logits"]) + rng.normal(),
        "favourite": rng.integers(1, 20_000),
        "ends": rng.permutation(known["ends"]),
        "balanced": known["balanced"] * _factor(rng, 0.6, 1.6),
        # Far enough from 1 that a temperature that is left out shows.
        "cold": known["cold"] * _factor(rng, 0.1, 5.0),
        "colder": known["colder"] * _factor(rng, 0.1, 5.0),
        "hot": known["hot"] * _factor(rng, 1.0, 20.0),
        "ids": rng.permutation(13)[: len(known["ids"])],
        "seed": rng.integers(1 << 32),
    }


def _factor(rng: np.random.Generator, least: float, most: float) -> float:
    """A number between these; twice as much is as likely everywhere."""
    return least * (most / least) ** rng.random()


_DRAWS: dict[int, Callable[[Mapping[str, NDArray], np.random.Generator], Arrays]] = {
    1: _draw_configurations,
    2: _draw_lengths,
    14: _draw_text,
}


# The formulas. p holds parameters by their names in the checkpoint, Linear weights as [out, in].


def layer_norm(x: NDArray, weight: NDArray, bias: NDArray, eps: float) -> NDArray:
    x = x.astype(np.float64)
    variance = x.var(axis=-1, keepdims=True)
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(variance + eps) * weight + bias


def linear(x: NDArray, p: Mapping[str, NDArray], name: str) -> NDArray:
    return x.astype(np.float64) @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def mlp(x: NDArray, p: Mapping[str, NDArray]) -> NDArray:
    h = linear(x, p, "c_fc")
    return linear(h / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (h + 0.044715 * h**3))), p, "c_proj")


def attend(query: NDArray, key: NDArray, value: NDArray) -> NDArray:
    scores = query.astype(np.float64) @ key.swapaxes(-1, -2) / np.sqrt(query.shape[-1])
    weights = np.exp(scores - scores.max(axis=-1, keepdims=True)) * np.tri(scores.shape[-1])
    return weights / weights.sum(axis=-1, keepdims=True) @ value


def attention(x: NDArray, p: Mapping[str, NDArray], n_head: int) -> NDArray:
    def heads(y: NDArray) -> NDArray:
        return y.reshape(*y.shape[:-1], n_head, -1).swapaxes(-2, -3)

    found = attend(*map(heads, np.split(linear(x, p, "c_attn"), 3, axis=-1)))
    return linear(found.swapaxes(-2, -3).reshape(x.shape), p, "c_proj")


def block(x: NDArray, p: Mapping[str, NDArray], n_head: int, eps: float, silent: str = "") -> NDArray:
    """A transformer block; one of its sublayers may have nothing to say."""
    if silent != "attn":
        x = x + attention(_norm(x, p, "ln_1", eps), _of(p, "attn"), n_head)
    if silent != "mlp":
        x = x + mlp(_norm(x, p, "ln_2", eps), _of(p, "mlp"))
    return x


def stack(input_ids: NDArray, p: Mapping[str, NDArray], n_head: int, eps: float) -> NDArray:
    x = p["wte.weight"].astype(np.float64)[input_ids] + p["wpe.weight"][: input_ids.shape[-1]]
    for layer in range(sum(name.endswith(".ln_1.weight") for name in p)):
        x = block(x, _of(p, f"h.{layer}"), n_head, eps)
    return _norm(x, p, "ln_f", eps)


def language_model(input_ids: NDArray, p: Mapping[str, NDArray], n_head: int, eps: float) -> NDArray:
    """Logits [..., seq_length, vocab_size] of ids [..., seq_length]."""
    return stack(input_ids, _of(p, "transformer"), n_head, eps) @ p["transformer.wte.weight"].T


def _norm(x: NDArray, p: Mapping[str, NDArray], name: str, eps: float) -> NDArray:
    return layer_norm(x, p[f"{name}.weight"], p[f"{name}.bias"], eps)


def _of(p: Mapping[str, NDArray], part: str) -> Arrays:
    return {name.removeprefix(f"{part}."): array for name, array in p.items() if name.startswith(f"{part}.")}


def _greedy_text(a: Mapping[str, NDArray]) -> NDArray:
    """A prompt and its greedy continuation; empty where two tokens are nearly as good, or it is dull."""
    text = a["input_ids"].reshape(1, -1)[:, :PROMPT_LENGTH]
    while text.shape[1] < PROMPT_LENGTH + NEW_TOKENS:
        logits = language_model(text, a, N_HEAD, EPS)[0, -1]
        second, best = np.argsort(logits)[-2:]
        if logits[best] - logits[second] < MARGIN:
            return text[:, :0]
        text = np.append(text, [[best]], axis=1)
    return text if len(np.unique(text[0, PROMPT_LENGTH:])) >= DIFFERENT else text[:, :0]


def _queries(x: NDArray, p: Mapping[str, NDArray]) -> Arrays:
    return dict(zip(("query", "key", "value"), np.split(linear(x, p, "c_attn"), 3, axis=-1)))


_OUTPUTS: dict[int, Callable[[Mapping[str, NDArray]], Arrays]] = {
    3: lambda a: {"output": layer_norm(a["x"], a["weight"], a["bias"], EPS)},
    4: lambda a: {"output": mlp(a["x"], a)},
    5: lambda a: {"output": a["weight"][a["input_ids"]]},
    6: lambda a: {"output": a["weight"][: a["input_ids"].shape[1]]},
    7: lambda a: _queries(a["x"], a),
    8: lambda a: {"output": attend(a["query"], a["key"], a["value"])},
    9: lambda a: {"output": attention(a["x"], a, N_HEAD)},
    10: lambda a: {"output": a["x"] + linear(_norm(a["x"], a, "norm", EPS), a, "sublayer")},
    11: lambda a: {
        "output": block(a["x"], a, N_HEAD, EPS),
        "attention_only": block(a["x"], a, N_HEAD, EPS, silent="mlp"),
        "mlp_only": block(a["x"], a, N_HEAD, EPS, silent="attn"),
    },
    12: lambda a: {"output": stack(a["input_ids"], a, N_HEAD, EPS)},
    13: lambda a: {
        "logits": language_model(a["input_ids"], a, N_HEAD, EPS),
        "hidden_logits": a["hidden"] @ a["transformer.wte.weight"].astype(np.float64).T,
        "greedy_text": _greedy_text(a),
    },
}
