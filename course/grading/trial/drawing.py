"""What the checks are about in a trial: sizes, inputs and parameters that nobody has seen. It is all decided here.

Cases are of several kinds, so that a step which knows the usual sizes is asked about others: GPT-2's own, odd ones,
texts longer than any that the known checks have. How many there are, and in which order, is drawn as well.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from course.grading.trial import oracle, windows
from course.grading.trial.filters import draw_filters
from course.judging.case import Case

Arrays = dict[str, NDArray]
Sizes = dict[str, float]

FIELDS = ("vocab_size", "n_positions", "n_embd", "n_layer", "n_head", "n_inner", "layer_norm_epsilon")
PUBLISHED = [(12, 12), (16, 24), (20, 36), (25, 48)]  # n_head and n_layer of GPT-2's four sizes
HAVE_VOCABULARY = (5, 12, 13, 16)
LARGE = 10_000  # rows of a table, from which on they overlap
MODELS = (12, 13, 16)
HAVE_BLOCKS = (9, 11, *MODELS)  # what is as large and long as GPT-2 takes its time


def draw(step: int, known: list[Case], rng: np.random.Generator) -> list[Case]:
    """Cases in the place of the known ones. As there, the first two share their sizes."""
    if step in _VALUES:
        return [Case(_VALUES[step](known[0], rng))]
    if step == 15:
        return _draw_evaluations(rng)
    if step == 17:
        return draw_filters(rng)
    first = _ordinary(rng)
    unusual = rng.integers(1, 4) if step not in MODELS else 1  # these take their time
    others = [_published(step, rng), _long(step, rng), *(_unusual(rng) for _ in range(unusual))]
    if step not in MODELS:  # of which tests/whole/published.py asks about a short text
        others.append(_published(step, rng) | {"seq_length": rng.integers(3, 7).item()})
    if step == 5:
        others[-1] |= {"vocab_size": 50257, "n_embd": 768}
    cases = [
        _case(step, sizes, rng) for sizes in (first, first, *map(others.__getitem__, rng.permutation(len(others))))
    ]
    if step in (13, 16):
        while not (text := oracle.greedy_text(cases[0])).size:
            cases[0] = _case(step, first, rng)
        cases[0]["greedy_text"] = text
    return cases


# Sizes. Those of the configuration, and of a batch.


def _ordinary(rng: np.random.Generator) -> Sizes:
    """Small ones of which no two are equal, so that a swapped axis shows, and a large epsilon, which shows, too."""
    while True:
        n_head, head_dim = rng.integers(2, 7).item(), rng.integers(3, 9).item()
        sizes = {
            "batch": rng.integers(2, 5).item(),
            "seq_length": rng.integers(7, 13).item(),
            "n_head": n_head,
            "head_dim": head_dim,
            "n_embd": n_head * head_dim,
            "n_inner": rng.integers(10, 90).item(),
            "vocab_size": rng.integers(30, 90).item(),
            "n_positions": rng.integers(48, 90).item(),
        }
        if len(set(sizes.values())) == len(sizes):
            return sizes | {"n_layer": 2, "layer_norm_epsilon": 10 ** rng.uniform(-2, -0.5)}


def _unusual(rng: np.random.Generator) -> Sizes:
    """Each is one, odd, or larger than the others are; the text is as long as a text may be."""
    sizes: Sizes = {
        "batch": rng.choice([1, 5]).item(),
        "seq_length": rng.choice([1, 2, 15]).item(),
        "n_head": rng.choice([1, 3, 13]).item(),
        "head_dim": rng.choice([1, 5, 11]).item(),
        "n_inner": rng.choice([1, 3, 301]).item(),
        "vocab_size": rng.choice([2, 3, 997]).item(),
        "n_layer": rng.choice([1, 3, 5]).item(),
        "layer_norm_epsilon": rng.choice([1e-5, 1e-3, 2.0]).item(),
    }
    n_embd = sizes["n_head"] * sizes["head_dim"]
    return sizes | {"n_embd": n_embd, "n_positions": sizes["seq_length"]}


def _published(step: int, rng: np.random.Generator) -> Sizes:
    """GPT-2's own widths and heads, for a text longer than most.

    What is large is as wide as the smallest of the four, has one block, and fewer rows in its token table:
    ``published_model`` has all of GPT-2.
    """
    is_large = step in (4, 10, *HAVE_BLOCKS)
    n_head, n_layer = PUBLISHED[0 if is_large else rng.integers(len(PUBLISHED))]
    return {
        "batch": 1 if is_large else rng.integers(1, 3).item(),
        "seq_length": rng.integers(129, 160).item(),
        "vocab_size": rng.integers(90, 400).item() if step in HAVE_VOCABULARY else 50257,
        "n_layer": 1 if step in MODELS else n_layer,
        "n_head": n_head,
        "head_dim": 64,
        "n_embd": 64 * n_head,
        "n_inner": 4 * 64 * n_head,
        "n_positions": 1024,
        "layer_norm_epsilon": 1e-5,
    }


def published_model(rng: np.random.Generator) -> Case:
    """GPT-2 as it is, 12 blocks and 50,257 tokens, with parameters for step 12, and a text.

    All blocks have the same parameters, and the rows of the token table overlap, or it would take too long to draw.
    """
    _, n_layer = PUBLISHED[0]
    sizes = _published(12, rng) | {"vocab_size": 50257, "n_layer": n_layer}
    # A long text takes a second. Whoever gives something else for those alone is found out by the tenth trial.
    sizes["seq_length"] = rng.integers(129, 160).item() if rng.random() < 0.1 else rng.integers(2, 7).item()
    case = Case({name: np.array(sizes[name]) for name in FIELDS})
    for name, axes in _arrays(12, 1).items():
        case[name] = _array(name, tuple(_size(axis, sizes) for axis in axes.split()), sizes, rng)
        if name.endswith("c_proj.weight"):
            case[name] /= n_layer  # or errors of rounding grow from block to block
    for name in [name for name in case if name.startswith("h.0.")]:
        case |= {f"h.{layer}.{name.removeprefix('h.0.')}": case[name] for layer in range(1, n_layer)}
    return case


def _long(step: int, rng: np.random.Generator) -> Sizes:
    """A text longer than any that the known checks have."""
    most, blocks = (350, {"n_layer": 1}) if step in HAVE_BLOCKS else (1025, {})
    return _ordinary(rng) | {"batch": 1, "seq_length": rng.integers(257, most).item(), "n_positions": 1024} | blocks


# Arrays of these sizes. An axis is named after its size, or is a multiple of one.

_BLOCK = {
    "ln_1.weight": "n_embd",
    "ln_1.bias": "n_embd",
    "attn.c_attn.weight": "3*n_embd n_embd",
    "attn.c_attn.bias": "3*n_embd",
    "attn.c_proj.weight": "n_embd n_embd",
    "attn.c_proj.bias": "n_embd",
    "ln_2.weight": "n_embd",
    "ln_2.bias": "n_embd",
    "mlp.c_fc.weight": "n_inner n_embd",
    "mlp.c_fc.bias": "n_inner",
    "mlp.c_proj.weight": "n_embd n_inner",
    "mlp.c_proj.bias": "n_embd",
}


def _part(prefix: str) -> dict[str, str]:
    return {name.removeprefix(prefix): axes for name, axes in _BLOCK.items() if name.startswith(prefix)}


def _stack(n_layer: int, prefix: str = "") -> dict[str, str]:
    return {
        f"{prefix}wte.weight": "vocab_size n_embd",
        f"{prefix}wpe.weight": "n_positions n_embd",
        **{f"{prefix}h.{layer}.{name}": axes for layer in range(n_layer) for name, axes in _BLOCK.items()},
        f"{prefix}ln_f.weight": "n_embd",
        f"{prefix}ln_f.bias": "n_embd",
    }


_X, _IDS = {"x": "batch seq_length n_embd"}, {"input_ids": "batch seq_length"}
_HEADS = dict.fromkeys(("query", "key", "value"), "batch n_head seq_length head_dim")
_ARRAYS: dict[int, dict[str, str]] = {
    3: {**_X, "weight": "n_embd", "bias": "n_embd"},
    4: {**_X, **_part("mlp.")},
    5: {**_IDS, "weight": "vocab_size n_embd"},
    6: {**_IDS, "weight": "n_positions n_embd"},
    7: {**_X, "c_attn.weight": "3*head_dim n_embd", "c_attn.bias": "3*head_dim"},
    8: _HEADS,
    9: {**_X, **_part("attn.")},
    10: {
        **_X,
        "norm.weight": "n_embd",
        "norm.bias": "n_embd",
        "sublayer.weight": "n_embd n_embd",
        "sublayer.bias": "n_embd",
    },
    11: {**_X, **_BLOCK},
}


def _arrays(step: int, n_layer: int) -> dict[str, str]:
    """The axes of a step's inputs and parameters, by name."""
    match step:
        case 12:
            return {**_IDS, **_stack(n_layer)}
        case 13:
            return {**_IDS, "hidden": "batch seq_length n_embd", **_stack(n_layer, "transformer.")}
        case 16:
            return {**_IDS, **_HEADS, **_stack(n_layer, "transformer.")}
    return _ARRAYS[step]


def _case(step: int, sizes: Sizes, rng: np.random.Generator) -> Case:
    """A case of these sizes, and what must come out of it."""
    case = Case({name: np.array(sizes[name]) for name in FIELDS})
    for name, axes in _arrays(step, int(sizes["n_layer"])).items():
        case[name] = _array(name, tuple(_size(axis, sizes) for axis in axes.split()), sizes, rng)
    return Case(case | oracle.outputs(step, case))


def _size(axis: str, sizes: Sizes) -> int:
    factor, _, name = axis.rpartition("*")
    return int(factor or 1) * int(sizes[name])


def _array(name: str, shape: tuple[int, ...], sizes: Sizes, rng: np.random.Generator) -> NDArray:
    if name == "input_ids":
        last = int(sizes["vocab_size"]) - 1
        ids = rng.integers(last + 1, size=shape)
        ids[:, ::3] = ids[0, 0]  # the same token in several places
        ids[0, 0], ids[-1, -1] = 0, last  # the first and the last row of the table
        return ids
    if shape[0] >= LARGE:
        return windows.table(*shape, 0.7, rng)
    array = rng.standard_normal(shape, dtype=np.float32)
    if name == "x":  # rows of different mean and spread
        rows = (*shape[:-1], 1)
        # A float32 sum is off in proportion to the mean, and the more the longer the row: a right answer may sum.
        mean = rng.standard_normal(rows) / max(1, shape[-1] / 100)
        array = array * rng.uniform(0.3, 1.5, rows) + mean
    # Parameters much larger than in a new model, so that every part of it counts; larger biases would let the same
    # token win everywhere. What a layer puts out is of one magnitude, however many features it adds up.
    is_layer = len(shape) == 2 and not name.endswith(("wte.weight", "wpe.weight"))
    if name.endswith("weight"):
        array *= 3 / np.sqrt(shape[1]) if is_layer else 0.7
    elif name.endswith("bias"):
        array *= 0.2
    return array.astype(np.float32)


# Step 15: logits that are handed in, and models that answer what they are asked.


def _draw_evaluations(rng: np.random.Generator) -> list[Case]:
    """First one with a small GPT-2. Then sharp logits and flat ones, GPT-2's vocabulary, and long texts."""
    others = [
        _evaluation(rng, (2, 3, 50257), 2.0, rng.integers(20, 60).item()),
        _evaluation(rng, (1, rng.integers(257, 400).item(), rng.integers(5, 30).item()), 1.0, 300),
        _evaluation(rng, (rng.integers(2, 6).item(), rng.integers(2, 9).item(), 2), 300.0, 2),
    ]
    for _ in range(rng.integers(1, 4)):
        shape = (rng.integers(1, 6).item(), rng.integers(2, 15).item(), rng.integers(3, 40).item())
        others.append(_evaluation(rng, shape, 10 ** rng.uniform(-1, 1), rng.integers(2, 40).item()))
    return [_story(rng), *map(others.__getitem__, rng.permutation(len(others)))]


def _evaluation(rng: np.random.Generator, shape: tuple[int, int, int], scale: float, length: int) -> Case:
    """Logits of this shape, and a text of this length that is read in windows, with what must come of both."""
    batch, seq_length, vocab_size = shape
    logits = np.float32(scale * rng.standard_normal(shape) + rng.uniform(-30, 30))
    return _evaluated(rng, logits, rng.integers(vocab_size, size=(batch, seq_length)), length)


def _story(rng: np.random.Generator) -> Case:
    """The logits of a small GPT-2, and a story that is longer than its context."""
    n_positions = rng.integers(9, 14).item()
    sizes = _ordinary(rng) | {"n_layer": 1, "n_positions": n_positions, "seq_length": rng.integers(3, 9).item()}
    model = Case({name: np.array(sizes[name]) for name in FIELDS})
    for name, axes in {**_IDS, **_stack(1, "transformer.")}.items():
        model[name] = _array(name, tuple(_size(axis, sizes) for axis in axes.split()), sizes, rng)
    model["story"] = rng.integers(int(sizes["vocab_size"]), size=(1, rng.integers(2 * n_positions, 4 * n_positions)))
    model["story_stride"] = np.array(rng.integers(n_positions // 2, n_positions))
    logits = oracle.language_model(model["input_ids"], model, int(sizes["n_head"]), sizes["layer_norm_epsilon"])
    return _evaluated(rng, np.float32(logits), model["input_ids"], rng.integers(10, 40).item(), model)


def _evaluated(
    rng: np.random.Generator, logits: NDArray, input_ids: NDArray, length: int, model: Mapping[str, NDArray] = {}
) -> Case:
    batch, seq_length = input_ids.shape
    lengths = rng.integers(1, seq_length + 1, size=batch)
    lengths[rng.integers(batch)] = rng.integers(2, seq_length + 1)  # else nothing is predicted
    window, vocab_size = rng.integers(2, min(length, 40) + 1).item(), rng.integers(2, 12).item()
    text = rng.integers(vocab_size, size=(1, length))
    case = Case(
        {
            **model,
            "logits": logits,
            "input_ids": input_ids,
            "lengths": lengths,
            "lead": np.array(rng.uniform(120, 900)),
            "table": np.float32(rng.uniform(0.5, 4) * rng.standard_normal((window, vocab_size, vocab_size))),
            "window": np.array(window),
            "stride": np.array(rng.integers((window + 1) // 2, window)),
            "short": text[:, : rng.integers(2, window + 1)],
            "text": text,
        }
    )
    return Case(case | oracle.outputs(15, case))


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
        **_draw_shares(known, rng),
        # Far enough from 1 that a temperature that is left out shows.
        "cold": known["cold"] * _factor(rng, 0.1, 5.0),
        "colder": known["colder"] * _factor(rng, 0.1, 5.0),
        "hot": known["hot"] * _factor(rng, 1.0, 20.0),
        "ids": _other(known["ids"], lambda: rng.permutation(13)[: len(known["ids"])]),
        "seed": rng.integers(1 << 32),
    }


def _other(known: NDArray, draw: Callable[[], NDArray]) -> NDArray:
    """What is drawn, and is not what is known."""
    while np.array_equal(drawn := draw(), known):
        pass
    return drawn


def _draw_shares(known: Mapping[str, NDArray], rng: np.random.Generator) -> Arrays:
    """A third temperature, in the middle; and shares far enough from a half that tossing a coin shows."""
    low, high = known["balanced"] * _factor(rng, 0.6, 1.6)
    share = rng.uniform(0.2, 0.25, 3)
    share[rng.integers(3)] += 0.55
    return {
        "balanced": rng.permutation([low, _factor(rng, 0.7, 1.4), high]),
        "ends": rng.permutation([*known["ends"], rng.integers(1, 20_000)]),
        "shares": share,
    }


def _factor(rng: np.random.Generator, least: float, most: float) -> float:
    """A number between these; twice as much is as likely everywhere."""
    return least * (most / least) ** rng.random()


_VALUES: dict[int, Callable[[Mapping[str, NDArray], np.random.Generator], Arrays]] = {
    1: _draw_configurations,
    2: _draw_lengths,
    14: _draw_text,
}
