"""The model and its parts, with the sizes of the real parameters: steps 01, 11 and 12."""

from math import prod

import numpy as np
from max.experimental import functional as F
from max.experimental.nn import Module

from book.pictures.storyteller import config, encode, load, residual_stream, run, words
from book.pictures.svg import SMALL, WIDTH, Picture
from solutions.solution_01 import GPT2Config
from solutions.solution_13 import GPT2LMHeadModel

MIDDLE = WIDTH / 2


def gpt2_map() -> str:
    """Step 01: where each number of the configuration is in the 124M model."""
    c = GPT2Config()
    with F.lazy():  # its 124 million random numbers are never drawn
        sizes = {name: prod(shape) for name, shape in _shapes(GPT2LMHeadModel(c)).items()}

    def parameters(part: str) -> str:
        return f"{sum(size for name, size in sizes.items() if part in name):,} parameters"

    epsilon = f"layer_norm_epsilon {c.layer_norm_epsilon:g}".replace("e-0", "e-")
    p = Picture(
        "gpt2-map",
        "GPT-2 124M, and where its configuration appears",
        f"""From top to bottom: input_ids select rows of wte, the token embeddings, vocab_size × n_embd = {c.vocab_size} ×
        {c.n_embd}, and of wpe, the position embeddings, n_positions × n_embd = {c.n_positions} × {c.n_embd}. Their sum
        passes n_layer = {c.n_layer} blocks. In each, ln_1 and attn, with n_head = {c.n_head} heads, add to the stream, then
        ln_2 and mlp, with n_inner = {c.n_inner} hidden units. The norm ln_f follows, and lm_head, which is the table wte
        again, gives a logit for each of the vocab_size = {c.vocab_size} tokens. All norms use
        {epsilon}. A block has {parameters(".h.0.")}, the model {parameters("")}.""",
    )
    p.text(MIDDLE, 16, "input_ids [batch, seq]", size=SMALL, mono=True, anchor="middle")
    tables = (("wte", "vocab_size", c.vocab_size, 2), ("wpe", "n_positions", c.n_positions, 216))
    for name, field, size, x in tables:
        p.arrow((x + 101, 26), (x + 101, 50))
        lines = (f"{field} × n_embd", f"{size} × {c.n_embd}", parameters(f".{name}."))
        p.box(x, 52, 202, 96, name, *lines, fill="d")
        p.arrow((x + 101, 148), (x + 101, 174), (MIDDLE + (-15 if x < 100 else 15), 174))
    p.plus(MIDDLE, 174)
    y = p.down(MIDDLE, 184, "[batch, seq, n_embd]")
    for shift in (16, 8, 0):  # further blocks behind the first one
        p.rect(2 + shift, y + 18 - shift, 400, 434, fill="page", stroke="line", radius=8)
    p.text(MIDDLE - 8, y + 44, f"n_layer = {c.n_layer} blocks h.0 … h.{c.n_layer - 1}", bold=True, anchor="middle")
    p.text(MIDDLE - 8, y + 66, f"{parameters('.h.0.')} each", size=SMALL, anchor="middle")
    y = _block(
        p,
        y + 78,
        390,
        (epsilon,),
        (f"n_head {c.n_head}, n_embd {c.n_embd}: head_dim {c.head_dim}", parameters(".h.0.attn.")),
        (f"n_embd {c.n_embd} → n_inner {c.n_inner} → n_embd", parameters(".h.0.mlp.")),
    )
    y = p.down(MIDDLE, y + 6)
    p.box(60, y, 300, 56, "ln_f", epsilon, fill="line")
    y = p.down(MIDDLE, y + 56)
    p.box(60, y, 300, 56, "lm_head", "the table wte again: no parameters", fill="d")
    y = p.down(MIDDLE, y + 56)
    p.text(MIDDLE, y + 18, "logits [batch, seq, vocab_size]", size=SMALL, mono=True, anchor="middle")
    p.text(MIDDLE, y + 46, f"{parameters('')} in all", bold=True, anchor="middle")
    return p.svg(y + 54)


def block() -> str:
    """Step 11: one block of the small checkpoint."""
    shapes = _shapes(load().transformer.h[0])
    p = Picture(
        "block",
        "A transformer block",
        f"""x, batch by seq by n_embd, goes straight down the residual stream. A branch takes it through ln_1 and attn, and a
        plus adds the result to the stream. A second branch goes through ln_2 and mlp, and is added too. In the small
        checkpoint c_attn is {shapes["attn.c_attn.weight"]}, attn.c_proj {shapes["attn.c_proj.weight"]}, c_fc
        {shapes["mlp.c_fc.weight"]} and mlp.c_proj {shapes["mlp.c_proj.weight"]}.""",
    )

    def weights(part: str, *names: str) -> tuple[str, ...]:
        return tuple(f"{name}.weight {shapes[f'{part}.{name}.weight']}" for name in names)

    p.text(2, 16, "x [batch, seq, n_embd]", size=SMALL, mono=True)
    y = _block(
        p,
        24,
        WIDTH - 2,
        (f"weight {shapes['ln_1.weight']}, bias {shapes['ln_1.bias']}",),
        ("the tokens exchange what they know", *weights("attn", "c_attn", "c_proj")),
        ("each token works on what it has heard", *weights("mlp", "c_fc", "c_proj")),
    )
    p.text(2, y + 18, "x [batch, seq, n_embd]", size=SMALL, mono=True)
    return p.svg(y + 26)


def stack() -> str:
    """Step 12: the small checkpoint, and one token's vector on its way through it."""
    ids = encode("A squirrel named Luna lived")
    token = words(ids)[-1].strip()
    shapes = _shapes(load().transformer)
    stream = {step.name: step.stream for step in residual_stream(ids)}
    result = run(load().transformer, ids)
    p = Picture(
        "model-stack",
        "The stack, and one token's vector on its way through it",
        f"""input_ids {list(ids.shape)} select rows of wte {shapes["wte.weight"]} and wpe {shapes["wpe.weight"]}. The sum
        passes the {config.n_layer} blocks h.0 to h.{config.n_layer - 1} and the norm ln_f; the shape is
        {list(result.shape)} all the way: batch, seq, n_embd. Beside each part a strip of {config.n_embd} coloured features
        shows the vector of the last token, “{token}”, as it leaves.""",
    )
    left, strip, high = 2, 150, 34
    p.text(left, 18, f"input_ids {list(ids.shape)}", size=SMALL, mono=True, bold=True)
    p.text(left, 42, " ".join(word.strip() for word in words(ids)), size=SMALL)
    y = p.down(left + 66, 48, length=40)
    p.text(strip, y - 8, f"x[0, -1], the vector of “{token}”", size=SMALL)
    parts = [("wte + wpe", "d", stream["wte + wpe"])]
    parts += [(f"h.{index}", "a", stream[f"h.{index}.mlp"]) for index in range(config.n_layer)]
    parts.append(("ln_f", "line", result[0]))
    for name, fill, vectors in parts:
        p.box(left, y, 132, high, name, fill=fill)
        vector = vectors[-1:]
        p.heat(strip, y, vector, 2.1, high, most=float(np.quantile(np.abs(vector), 0.99)))
        y = p.down(left + 66, y + high, length=26)
    p.text(left, y + 18, f"{list(result.shape)}", size=SMALL, mono=True, bold=True)
    p.text(left + 104, y + 18, "[batch, seq, n_embd]", size=SMALL, mono=True)
    return p.svg(y + 26)


def _shapes(module: Module) -> dict[str, list[int]]:
    return {name: [int(size) for size in parameter.shape] for name, parameter in module.parameters}


def _block(
    p: Picture, y: float, right: float, norm: tuple[str, ...], attn: tuple[str, ...], mlp: tuple[str, ...]
) -> float:
    """The stream at the left and two sublayers beside it, from y on; returns where it ends."""
    stream, left = 34, 78
    ends = []
    top = y + 14
    for norm_name, name, lines, fill in (("ln_1", "attn", attn, "a"), ("ln_2", "mlp", mlp, "b")):
        p.arrow((stream, top + 28), (left, top + 28), stroke="c", width=2)
        p.box(left + 2, top, right - left - 2, 56, norm_name, *norm, fill="line")
        middle = (left + right) / 2
        p.down(middle, top + 54, length=24)
        high = 35 + 21 * len(lines)
        p.box(left + 2, top + 78, right - left - 2, high, name, *lines, fill=fill)
        ends.append(top + 78 + high / 2)
        p.arrow((left + 2, ends[-1]), (stream + 14, ends[-1]), stroke="c", width=2)
        top += 78 + high + 22
    p.arrow((stream, y), (stream, top), stroke="c", width=3)
    for end in ends:
        p.plus(stream, end)
    return top
