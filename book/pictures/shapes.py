"""The tensors of attention, step by step, with their shapes: steps 07, 08 and 09."""

import numpy as np
from max.experimental import functional as F
from max.experimental.nn import Module
from max.experimental.tensor import Tensor

from book.pictures.storyteller import attention, config, device, encode, load, run, words
from book.pictures.svg import DEEPEST, SMALL, Picture
from solutions.solution_07 import SingleHeadQKV

TOKENS = "A squirrel named Luna lived"
LAYER, HEAD = 1, 3
LEFT, ROW = 84, 20


def qkv() -> str:
    """Step 07: one head's projections, with its part of the checkpoint's weights."""
    ids = encode(TOKENS)
    block = load().transformer.h[0]
    x = run(lambda tokens: block.ln_1(load().transformer.wte(tokens) + load().transformer.wpe(tokens)), ids)
    head = SingleHeadQKV(config)
    head.c_attn.load_state_dict(
        {name: Tensor(array, device=device) for name, array in _one_head(block.attn.c_attn).items()}
    )
    qkv = run(head.c_attn, x)
    parts = [run(lambda each, index=index: head(each)[index], x) for index in range(3)]
    p = Picture(
        "qkv-shapes",
        "From x to query, key and value",
        f"""Matrices with a row for each of five tokens, coloured by their values. x has the shape {_shape(x)}: batch,
        sequence, n_embd. The layer c_attn turns it into qkv, {_shape(qkv)}: batch, sequence, three times head_dim.
        F.split cuts that into query, key and value, {_shape(parts[0])} each: batch, sequence, head_dim.""",
    )
    y = _matrix(p, LEFT, 0, "x", "[batch, seq, n_embd]", x, 2, words(ids))
    y = p.down(LEFT + 96, y, "self.c_attn(x)")
    y = _matrix(p, LEFT, y, "qkv", "[batch, seq, 3 * head_dim]", qkv, 2, words(ids))
    for cut in (1, 2):
        p.line((LEFT + 64 * cut, y - ROW * 5), (LEFT + 64 * cut, y + 6), stroke="e", width=2.5)
    p.text(LEFT + 204, y - 44, "F.split", size=SMALL, mono=True)
    for index, (name, part) in enumerate(zip(("query", "key", "value"), parts)):
        x0 = LEFT + 112 * index
        p.arrow((LEFT + 64 * index + 32, y + 4), (x0 + 32, y + 44))
        _matrix(p, x0, y + 42, name, _shape(part), part, 2, words(ids) if index == 0 else [], wide=False)
    return p.svg(y + 42 + 46 + ROW * 5 + 4)


def _one_head(c_attn: Module) -> dict[str, np.ndarray]:
    """The rows of all heads' projection that make the query, key and value of head 0."""
    rows = np.concatenate([np.arange(config.head_dim) + part * config.n_embd for part in range(3)])
    return {name: np.from_dlpack(parameter)[rows] for name, parameter in c_attn.parameters}


def scaled_dot_product() -> str:
    """Step 08: from queries, keys and values to the answer."""
    ids = encode(TOKENS)
    tokens = words(ids)
    it = attention(ids)[LAYER]
    query, key, value = it.query[HEAD], it.key[HEAD], it.value[HEAD]
    seq, head_dim = query.shape
    looks = [f"{token.strip()} at {tokens[row.argmax()].strip()}" for token, row in zip(tokens, it.weights[HEAD])]
    p = Picture(
        "attention-shapes",
        "Scaled dot-product attention, step by step",
        f"""One head of the small checkpoint with five tokens. The query, {seq} by {head_dim}, times the transposed key,
        {head_dim} by {seq}, and the factor one over the root of head_dim give scores, {seq} by {seq}. The mask puts minus
        infinity above the diagonal. The softmax turns every row into weights that add up to 1; the largest ones:
        {"; ".join(looks)}. The weights times the value, {seq} by {head_dim}, give the result, {seq} by {head_dim}.""",
    )
    y = _matrix(p, LEFT, 0, "query", f"[{seq}, {head_dim}]", query, 4, tokens, wide=False)
    p.text(246, 96, "@", mono=True, bold=True)
    p.text(290, 18, "key.transpose", mono=True, bold=True, size=SMALL)
    p.text(290, 38, f"[{head_dim}, {seq}]", mono=True, size=SMALL)
    p.heat(290, 46, key.T, 20, ROW * seq / head_dim)
    y = p.down(LEFT + 64, y, "* head_dim**-0.5", length=44)
    y = _numbers(p, y, "scores", tokens, it.scores[HEAD], 1)
    y = p.down(LEFT + 64, y, "+ causal_mask(…)")
    y = _numbers(p, y, "scores", tokens, it.masked[HEAD], 1)
    y = p.down(LEFT + 64, y, "F.softmax(scores)")
    y = _numbers(p, y, "weights", tokens, it.weights[HEAD], 2)
    y = p.down(LEFT + 64, y, "weights @ value")
    _matrix(p, LEFT, y, "value", f"[{seq}, {head_dim}]", value, 4, tokens, wide=False)
    p.arrow((LEFT + 136, y + 96), (LEFT + 190, y + 96))
    y = _matrix(p, LEFT + 200, y, "result", f"[{seq}, {head_dim}]", it.result[HEAD], 4, [], wide=False)
    return p.svg(y + 4)


def multi_head() -> str:
    """Step 09: the axes on their way through all heads."""
    attn = load().transformer.h[0].attn
    ids = encode(TOKENS)
    x = Tensor(np.zeros((*ids.shape, config.n_embd), np.float32), device=device)
    qkv = attn.c_attn(x)
    query, _key, _value = F.split(qkv, [config.n_embd] * 3, axis=-1)
    heads = attn.split_heads(query)
    merged = attn.merge_heads(heads)
    seq, n_head, head_dim, n_embd = ids.shape[1], config.n_head, config.head_dim, config.n_embd
    p = Picture(
        "multi-head-shapes",
        "The shapes of multi-head attention",
        f"""Matrices drawn to scale, each head's {head_dim} features in a colour of its own. x {_shape(x)} passes c_attn and
        becomes {_shape(qkv)}; F.split cuts that into query, key and value, {_shape(query)} each. split_heads makes the
        head an axis: {_shape(heads)}, {n_head} small matrices side by side. compute_attention works on each of them and
        keeps the shape. merge_heads puts the heads side by side again, {_shape(merged)}, and c_proj mixes them,
        {_shape(attn.c_proj(merged))}.""",
    )
    high, middle = 46, 210

    def bars(y: float, name: str, tensor: Tensor, axes: str, *widths: tuple[float, str], gap: float = 0) -> float:
        p.text(middle, y + 18, f"{name} {_shape(tensor)}".strip(), size=SMALL, mono=True, bold=True, anchor="middle")
        p.text(middle, y + 38, axes, size=SMALL, mono=True, anchor="middle")
        left = middle - (sum(width for width, _ in widths) + gap * (len(widths) - 1)) / 2
        for width, fill in widths:
            p.rect(left, y + 46, width, high, fill=fill, opacity=0.4, stroke=fill)
            for row in range(1, seq):
                p.line((left, y + 46 + high / seq * row), (left + width, y + 46 + high / seq * row), width=0.5)
            left += width + gap
        return y + 46 + high

    colours = "abcd"[:n_head]
    scale = 1.0  # units a feature
    slices = [(head_dim * scale, each) for each in colours]
    y = bars(0, "x", x, "[batch, seq, n_embd]", (n_embd * scale, "line"))
    y = p.down(middle, y, "self.c_attn(x)")
    y = bars(y, "", qkv, "[batch, seq, 3 * n_embd]", *slices * 3)
    for cut in (-0.5, 0.5):
        p.line((middle + cut * n_embd, y - high), (middle + cut * n_embd, y + 6), stroke="e", width=2.5)
    y = p.down(middle, y, "F.split")
    y = bars(y, "query, key, value: each", query, "[batch, seq, n_embd]", *slices)
    y = p.down(middle, y, "self.split_heads")
    y = bars(y, "", heads, "[batch, n_head, seq, head_dim]", *slices, gap=24)
    y = p.down(middle, y, "compute_attention")
    y = bars(y, "", heads, "[batch, n_head, seq, head_dim]", *slices, gap=24)
    y = p.down(middle, y, "self.merge_heads")
    y = bars(y, "", merged, "[batch, seq, n_embd]", *slices)
    y = p.down(middle, y, "self.c_proj")
    y = bars(y, "", attn.c_proj(merged), "[batch, seq, n_embd]", (n_embd * scale, "line"))
    return p.svg(y + 4)


def _shape(array: np.ndarray | Tensor) -> str:
    return str([int(size) for size in array.shape])


def _matrix(
    p: Picture,
    x: float,
    y: float,
    name: str,
    axes: str,
    values: np.ndarray,
    cell: float,
    tokens: list[str],
    wide: bool = True,
) -> float:
    """A heat map under its name and shape; returns where it ends."""
    p.text(x, y + 18, f"{name} {_shape(values)}" if wide else name, size=SMALL, mono=True, bold=True)
    p.text(x, y + 38, axes, size=SMALL, mono=True)
    rows = values.reshape(-1, values.shape[-1])
    p.heat(x, y + 46, rows, cell, ROW)
    for index, token in enumerate(tokens):
        p.text(x - 8, y + 46 + ROW * (index + 0.5) + 5, token.strip(), size=SMALL, anchor="end")
    return y + 46 + ROW * len(rows)


def _numbers(p: Picture, y: float, name: str, tokens: list[str], values: np.ndarray, digits: int) -> float:
    """A square of numbers, coloured by their size; returns where it ends."""
    width, height = 62, 26
    seq = len(tokens)
    p.text(LEFT, y + 18, f"{name} [{seq}, {seq}]", size=SMALL, mono=True, bold=True)
    p.heat(LEFT, y + 26, values, width, height, deepest=DEEPEST)
    for (row, column), value in np.ndenumerate(values):
        text = f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−") if np.isfinite(value) else "−∞"
        p.text(LEFT + width * (column + 0.5), y + 26 + height * (row + 0.5) + 5, text, size=SMALL, anchor="middle")
    for index, token in enumerate(tokens):
        p.text(LEFT - 8, y + 26 + height * (index + 0.5) + 5, token.strip(), size=SMALL, anchor="end")
    return y + 26 + height * seq
