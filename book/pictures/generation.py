"""The last steps with the small checkpoint: reading out logits, temperature, and the text that grows."""

import numpy as np
from max.experimental import functional as F
from max.experimental.tensor import Tensor

from book.pictures.storyteller import config, device, encode, load, logits, run, words
from book.pictures.svg import SMALL, Picture
from solutions.solution_14 import generate_tokens

PROMPT = "A squirrel named Luna lived"
REGIMES = (
    (0.1, "→ 0: nearly greedy"),
    (0.7, "below 1: sharper"),
    (1.0, "as learned"),
    (1.5, "above 1: flatter"),
    (50.0, "→ ∞: nearly uniform"),
)


def lm_head() -> str:
    ids = encode(PROMPT)
    hidden = run(load().transformer, ids)[0, -1]
    scores = logits(ids)[-1]
    order = np.argsort(-scores, kind="stable")
    unlikely = encode(" the squirrel")[0]
    shown = [*order[:5], *sorted(unlikely, key=lambda token: -scores[token])]
    names = [word.strip() for word in words(shown)]
    rows = run(load().transformer.wte, np.array([shown]))[0]
    told = ", ".join(f"“{name}” {scores[index]:.1f}" for name, index in zip(names, shown))
    p = Picture(
        "lm-head",
        "The head compares the last vector with every row of wte",
        f"""The last hidden vector for “{PROMPT}”, {config.n_embd} coloured features, stands above seven of the
        {config.vocab_size} rows of wte, the table of the token embeddings. The dot product of the vector with each row is
        that token's logit: {told}.""",
    )
    left, high = 84, 26
    p.text(left, 18, f"hidden[0, -1] [{config.n_embd}]", size=SMALL, mono=True, bold=True)
    p.text(2, 46, "“… lived”", size=SMALL)
    p.heat(left, 28, hidden[None], 2, high, most=float(np.quantile(np.abs(hidden), 0.99)))
    y = p.down(left + 64, 28 + high, "@ wte.weight.T", length=44)
    p.text(left, y + 18, "wte.weight", size=SMALL, mono=True, bold=True)
    p.text(left, y + 38, f"[{config.vocab_size}, {config.n_embd}]", size=SMALL, mono=True)
    p.text(238, y + 18, "logits", size=SMALL, mono=True, bold=True)
    p.text(238, y + 38, f"[{config.vocab_size}]", size=SMALL, mono=True)
    most = float(np.quantile(np.abs(rows), 0.99))
    top, zero, scale = y + 50, 268, 108 / scores.max()
    for index, (name, token, row) in enumerate(zip(names, shown, rows)):
        y = top + (high + 8) * index + (16 if index >= 5 else 0)
        p.text(left - 8, y + 18, name, size=SMALL, anchor="end")
        p.heat(left, y, row[None], 1, high, most=most)
        length = scale * float(scores[token])
        p.rect(min(zero, zero + length), y + 3, abs(length), high - 6, fill="a" if length > 0 else "b")
        p.text(max(zero, zero + length) + 6, y + 18, f"{scores[token]:.1f}".replace("-", "−"), size=SMALL)
    p.line((zero, top - 4), (zero, y + high + 4))
    p.text(left + 64, top + (high + 8) * 5 + 5, "⋮", anchor="middle", bold=True)
    p.text(2, y + high + 30, "The same table turned tokens into vectors.", size=SMALL)
    return p.svg(y + high + 36)


def growth() -> str:
    ids = encode("Once upon a time")
    steps = 4
    shown = [generate_tokens(load(), Tensor(ids, device=device), count, do_sample=False) for count in range(steps + 1)]
    shown = [np.from_dlpack(each) for each in shown]
    names = [word.strip() for word in words(shown[-1])]
    p = Picture(
        "generation-growth",
        "The text grows by one token at a time",
        f"""The prompt “Once upon a time” has the shape {list(shown[0].shape)}. In each of {steps} steps the model reads
        everything that is there and the likeliest next token is appended: {", ".join(f"“{each}”" for each in names[4:])}.
        In the end the shape is {list(shown[-1].shape)}.""",
    )
    widths = [max(8.4 * len(name), 8.6 * len(str(token))) + 9 for name, token in zip(names, shown[-1][0])]
    y = 0.0
    for step, tokens in enumerate(shown):
        p.text(2, y + 18, "generated_tokens", size=SMALL, mono=True, bold=True)
        p.text(154, y + 18, str(list(tokens.shape)), size=SMALL, mono=True)
        x = 1.0
        for index, token in enumerate(tokens[0].tolist()):
            is_new = step > 0 and index == tokens.shape[1] - 1
            p.rect(
                x,
                y + 28,
                widths[index],
                48,
                fill="b" if is_new else "a",
                opacity=0.2,
                stroke="b" if is_new else "a",
                radius=5,
            )
            p.text(x + widths[index] / 2, y + 48, names[index], size=SMALL, anchor="middle", bold=is_new)
            p.text(x + widths[index] / 2, y + 68, str(token), size=SMALL, anchor="middle")
            x += widths[index] + 4
        y += 76
        if step < steps:
            y = p.down(40, y, "model, F.argmax, F.concat", length=40) + 4
    return p.svg(y + 4)


def temperature() -> str:
    ids = encode(PROMPT)
    scores = logits(ids)[-1]
    shown = np.argsort(-scores, kind="stable")[:8]
    names = [word.strip() for word in words(shown)]
    rest = config.vocab_size - len(shown)
    rows = []
    for value, _ in REGIMES:
        probabilities = run(
            lambda each, value=value: F.softmax(each / Tensor(value, dtype=each.dtype, device=device)), scores
        )
        others = np.delete(probabilities, shown).sum(dtype=np.float64)
        rows.append([*probabilities[shown].tolist(), float(others)])
    told = "; ".join(
        f"T = {value:g}: “{names[0]}” {_percent(row[0])}, the other {rest:,} {_percent(row[-1])}"
        for (value, _), row in zip(REGIMES, rows)
    )
    p = Picture(
        "temperature",
        "One set of logits at five temperatures",
        f"""What follows “{PROMPT}”: the probabilities of the eight likeliest tokens, and of the other {rest:,} together, at
        five temperatures. {told}.""",
    )
    left, width, high, turned = 8, 40, 84, 82
    p.text(left, 18, f"What follows “{PROMPT}”", bold=True)
    y = 30.0
    for (value, name), row in zip(REGIMES, rows):
        p.text(left, y + 20, f"T = {value:g}", mono=True, bold=True)
        p.text(left + 88, y + 20, name, size=SMALL)
        base = y + 50 + high
        for index, each in enumerate(row):
            x = left + width * index + (28 if index == len(names) else 0)
            p.rect(x + 4, base - high * each, width - 8, high * each, fill="b" if index == len(names) else "a")
            p.text(x + width / 2, base - high * each - 5, _percent(each), size=SMALL, anchor="middle")
        p.line((left, base), (412, base))
        for index, token in enumerate([*names, f"{rest:,} others"]):
            x = left + width * index + (28 if index == len(names) else 0)
            p.text(x + width / 2 + 5, base + 10, token, size=SMALL, anchor="end", turn=-90)
        y = base + turned
    return p.svg(y + 16)


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.005 else "<1%"
