"""Step 15 with the small checkpoint: how much each token of a text surprises it, and how a long text is read."""

import numpy as np
from max.experimental.tensor import Tensor

from book.pictures.storyteller import SENTENCE, device, encode, load, run, words
from book.pictures.svg import SMALL, Picture
from solutions.solution_15 import log_probabilities, perplexity

TEXT = SENTENCE + " would climb the highest tree."
LENGTH, WINDOW, STRIDE = 13, 6, 4


def surprise() -> str:
    ids = encode(TEXT)
    found = -run(lambda each: log_probabilities(load()(each), each), ids)[0].astype(np.float64)
    names = [word.strip() for word in words(ids)]
    mean = found.mean()
    told = ", ".join(f"“{name}” {each:.1f}" for name, each in zip(names[1:], found))
    p = Picture(
        "surprise",
        "How much each token of a text surprises the story model",
        f"""For each token of “{TEXT}” but the first a bar as long as minus the logarithm of the probability that the
        model gave it: {told}. The mean, {mean:.2f} nats, is the cross-entropy; e to that power, {np.exp(mean):.1f}, is the
        perplexity.""",
    )
    left, high, scale = 92, 24, 250 / found.max()
    p.text(left, 18, "−log p, in nats", size=SMALL, bold=True)
    p.text(left - 8, 44, names[0], size=SMALL, anchor="end")
    p.text(left + 4, 44, "predicted by nothing", size=SMALL)
    y = 28.0 + high
    for name, each in zip(names[1:], found):
        p.text(left - 8, y + 17, name, size=SMALL, anchor="end")
        p.rect(left, y + 4, scale * each, high - 8, fill="a")
        p.text(left + scale * each + 6, y + 17, f"{each:.1f}", size=SMALL)
        y += high
    x = left + scale * mean
    p.line((x, 28 + high), (x, y + 4), stroke="b", width=3)
    p.text(x, y + 24, f"mean {mean:.2f}: perplexity {np.exp(mean):.1f}", size=SMALL)
    p.line((left, 28), (left, y + 4))
    return p.svg(y + 32)


def windows() -> str:
    asked: list[list[int]] = []  # the tokens of the text that the model reads, window by window

    def uniform(ids: Tensor) -> Tensor:
        asked.append(np.from_dlpack(ids)[0].tolist())
        return Tensor(np.zeros((1, len(asked[-1]), LENGTH), np.float32), device=device)

    perplexity(uniform, Tensor(np.arange(LENGTH)[None], device=device), WINDOW, STRIDE)
    counted = np.array([next(n for n, each in enumerate(asked) if token in each) for token in range(LENGTH)])
    told = "; ".join(f"window {number} reads tokens {each[0]} to {each[-1]}" for number, each in enumerate(asked))
    p = Picture(
        "windows",
        "A long text is read in windows that overlap",
        f"""A text of {LENGTH} tokens, a window of {WINDOW}, a stride of {STRIDE}: {told}. Tokens that an earlier window has
        counted are read again as context, and not counted again. Token 0 is predicted by nothing.""",
    )
    left, width, high = 4.0, 31.8, 34
    y = 0.0
    for number, tokens in enumerate(asked):
        p.text(left, y + 18, f"input_ids[:, {tokens[0]}:{tokens[-1] + 1}]", size=SMALL, mono=True, bold=True)
        for token in tokens:
            is_new = token > 0 and counted[token] == number
            fill = "a" if is_new else "line"
            p.rect(left + width * token, y + 26, width - 4, high, fill=fill, opacity=0.2, stroke=fill, radius=4)
            p.text(left + width * token + (width - 4) / 2, y + 49, str(token), size=SMALL, anchor="middle", bold=is_new)
        y += high + 40
    p.rect(left, y, 20, 20, fill="a", opacity=0.2, stroke="a", radius=4)
    p.text(left + 30, y + 16, "counted here", size=SMALL)
    p.rect(left + 150, y, 20, 20, fill="line", opacity=0.2, stroke="line", radius=4)
    p.text(left + 180, y + 16, "read, not counted", size=SMALL)
    return p.svg(y + 28)
