"""What must come out of the steps, in float64 by the formulas, for inputs that nobody has seen.

selftests/course/test_oracle.py holds the formulas against tests/fixtures/, which come from Hugging Face transformers.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from course.judging.case import Case

Arrays = dict[str, NDArray]

PROMPT_LENGTH, NEW_TOKENS = 7, 40
DIFFERENT = 8  # tokens in a continuation, at least
ROWS = 4096  # of a table that are looked at together
MARGIN = 0.002  # by which each greedy token leads the next one: twenty times what logits may be off


def outputs(step: int, case: Case) -> Arrays:
    """What must come out of a step, given its sizes, inputs and parameters."""
    return _OUTPUTS[step](case)


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
    x = p["wte.weight"][input_ids].astype(np.float64) + p["wpe.weight"][: input_ids.shape[-1]]
    for layer in range(sum(name.endswith(".ln_1.weight") for name in p)):
        x = block(x, _of(p, f"h.{layer}"), n_head, eps)
    return _norm(x, p, "ln_f", eps)


def language_model(input_ids: NDArray, p: Mapping[str, NDArray], n_head: int, eps: float) -> NDArray:
    """Logits [..., seq_length, vocab_size] of ids [..., seq_length]."""
    return scores(stack(input_ids, _of(p, "transformer"), n_head, eps), p["transformer.wte.weight"])


def scores(x: NDArray, table: NDArray) -> NDArray:
    """Dot products [..., rows] of vectors and the rows of a table, so many at a time: in float64 it may be large."""
    parts = [x @ table[start : start + ROWS].astype(np.float64).T for start in range(0, len(table), ROWS)]
    return np.concatenate(parts, axis=-1)


def log_probabilities(logits: NDArray, input_ids: NDArray) -> NDArray:
    """[batch, seq_length - 1] of what logits [batch, seq_length, vocab_size] give each token but the first."""
    logits = logits.astype(np.float64)
    logits -= logits.max(axis=-1, keepdims=True)
    table = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    return np.take_along_axis(table[:, :-1], input_ids[:, 1:, None], axis=-1)[..., 0]


def cross_entropy(logits: NDArray, input_ids: NDArray, lengths: NDArray) -> NDArray:
    is_text = np.arange(1, input_ids.shape[1]) < lengths[:, None]
    return np.asarray(-log_probabilities(logits, input_ids)[is_text].mean())


def perplexity(predict: Callable[[NDArray], NDArray], text: NDArray, window: int, stride: int) -> NDArray:
    """Of a text [1, seq_length]: each token is looked up in the first window that holds it."""
    found = []
    for token in range(1, text.shape[1]):
        begin = stride * max(0, -(-(token - window + 1) // stride))
        ids = text[:, begin : token + 1]
        found.append(log_probabilities(predict(ids), ids)[0, -1])
    return np.asarray(np.exp(-np.mean(found)))


def keep_top_k(logits: NDArray, k: int) -> NDArray:
    least = np.sort(logits, axis=-1)[:, -min(k, logits.shape[-1]), None]
    return np.where(logits >= least, logits, -np.inf)


def sums(logits: NDArray) -> NDArray:
    """The probabilities of the likeliest token, of the two likeliest together, and so on [batch, vocab_size]."""
    likely = ratios(logits)
    return np.cumsum(-np.sort(-likely / likely.sum(axis=-1, keepdims=True), axis=-1), axis=-1)


def keep_top_p(logits: NDArray, p: float) -> NDArray:
    """As many as it takes, of the likeliest tokens, to reach p."""
    count = (sums(logits) < p).sum(axis=-1, keepdims=True) + 1
    return np.where(logits >= -np.take_along_axis(np.sort(-logits, axis=-1), count - 1, axis=-1), logits, -np.inf)


def keep_min_p(logits: NDArray, p: float) -> NDArray:
    return np.where(ratios(logits) >= p, logits, -np.inf)


def penalize_repetition(logits: NDArray, input_ids: NDArray, penalty: float) -> NDArray:
    occurs = (input_ids[..., None] == np.arange(logits.shape[-1])).any(axis=1)
    return np.where(occurs, np.where(logits < 0, logits * penalty, logits / penalty), logits)


def ratios(logits: NDArray) -> NDArray:
    """How likely each token is, compared with the likeliest one of its row."""
    return np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))


def _filters(a: Case) -> Arrays:
    """What step 17 makes of logits, filter by filter, and one after another."""
    logits = a["logits"].astype(np.float64)
    penalized = penalize_repetition(logits, a["input_ids"], a["penalty"].item())
    return {
        "keep_top_k": keep_top_k(logits, a["k"].item()),
        "keep_top_p": keep_top_p(logits, a["top_p"].item()),
        "keep_min_p": keep_min_p(logits, a["min_p"].item()),
        "penalize_repetition": penalized,
        "all": keep_min_p(
            keep_top_p(keep_top_k(penalized, a["all_k"].item()), a["all_top_p"].item()), a["all_min_p"].item()
        ),
    }


def _evaluation(a: Case) -> Arrays:
    """What step 15 makes of logits, and of models: one by table, and where it is there a GPT-2."""
    window, stride = a["window"].item(), a["stride"].item()

    def by_table(ids: NDArray) -> NDArray:
        return a["table"][np.arange(ids.shape[1]), ids]

    all_of_it = np.full(len(a["input_ids"]), a["input_ids"].shape[1])
    found = {
        "log_probabilities": log_probabilities(a["logits"], a["input_ids"]),
        "cross_entropy": cross_entropy(a["logits"], a["input_ids"], all_of_it),
        "cross_entropy_of_text": cross_entropy(a["logits"], a["input_ids"], a["lengths"]),
        "short_perplexity": perplexity(by_table, a["short"], window, stride),
        "perplexity": perplexity(by_table, a["text"], window, stride),
    }
    if "story" in a:
        n_positions, stride = a["n_positions"].item(), a["story_stride"].item()
        found["story_perplexity"] = perplexity(
            lambda ids: language_model(ids, a, *_head_and_eps(a)), a["story"], n_positions, stride
        )
    return found


def _norm(x: NDArray, p: Mapping[str, NDArray], name: str, eps: float) -> NDArray:
    return layer_norm(x, p[f"{name}.weight"], p[f"{name}.bias"], eps)


def _of(p: Mapping[str, NDArray], part: str) -> Arrays:
    return {name.removeprefix(f"{part}."): array for name, array in p.items() if name.startswith(f"{part}.")}


def greedy_text(case: Case) -> NDArray:
    """A prompt and its greedy continuation by step 13; empty where two tokens are nearly as good, or it is dull."""
    text = case["input_ids"].reshape(1, -1)[:, :PROMPT_LENGTH]
    while text.shape[1] < PROMPT_LENGTH + NEW_TOKENS:
        logits = language_model(text, case, *_head_and_eps(case))[0, -1]
        second, best = np.argsort(logits)[-2:]
        if logits[best] - logits[second] < MARGIN:
            return text[:, :0]
        text = np.append(text, [[best]], axis=1)
    return text if len(np.unique(text[0, PROMPT_LENGTH:])) >= DIFFERENT else text[:, :0]


def _queries(x: NDArray, p: Mapping[str, NDArray]) -> Arrays:
    return dict(zip(("query", "key", "value"), np.split(linear(x, p, "c_attn"), 3, axis=-1)))


def _head_and_eps(case: Case) -> tuple[int, float]:
    return case["n_head"].item(), _eps(case)


def _eps(case: Case) -> float:
    return case["layer_norm_epsilon"].item()


_OUTPUTS: dict[int, Callable[[Case], Arrays]] = {
    3: lambda a: {"output": layer_norm(a["x"], a["weight"], a["bias"], _eps(a))},
    4: lambda a: {"output": mlp(a["x"], a)},
    5: lambda a: {"output": a["weight"][a["input_ids"]]},
    6: lambda a: {"output": a["weight"][: a["input_ids"].shape[1]]},
    7: lambda a: _queries(a["x"], a),
    8: lambda a: {"output": attend(a["query"], a["key"], a["value"])},
    9: lambda a: {"output": attention(a["x"], a, a["n_head"].item())},
    10: lambda a: {"output": a["x"] + linear(_norm(a["x"], a, "norm", _eps(a)), a, "sublayer")},
    11: lambda a: {
        "output": block(a["x"], a, *_head_and_eps(a)),
        "attention_only": block(a["x"], a, *_head_and_eps(a), silent="mlp"),
        "mlp_only": block(a["x"], a, *_head_and_eps(a), silent="attn"),
    },
    12: lambda a: {"output": stack(a["input_ids"], a, *_head_and_eps(a))},
    13: lambda a: {
        "logits": language_model(a["input_ids"], a, *_head_and_eps(a)),
        "hidden_logits": a["hidden"] @ a["transformer.wte.weight"].astype(np.float64).T,
    },
    15: _evaluation,
    16: lambda a: {
        "logits": language_model(a["input_ids"], a, *_head_and_eps(a)),
        "attended": attend(a["query"], a["key"], a["value"]),
    },
    17: _filters,
}
