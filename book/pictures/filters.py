"""Step 17 with the small checkpoint: what three filters keep where the model is sure, and where it is not."""

from functools import partial

import numpy as np

from book.pictures.storyteller import encode, logits, run, words
from book.pictures.svg import SMALL, Picture
from solutions.solution_17 import keep_min_p, keep_top_k, keep_top_p

PROMPTS = ("Once upon a", "Once upon a time, there was a")
FILTERS = {
    "top-k 4": partial(keep_top_k, k=4),
    "top-p 0.8": partial(keep_top_p, p=0.8),
    "min-p 0.2": partial(keep_min_p, p=0.2),
}
SHOWN = 9


def filters() -> str:
    drawn, told = [], []
    for prompt in PROMPTS:
        scores = logits(encode(prompt))[-1:]  # [1, vocab_size]
        kept = [run(each, scores)[0] > -np.inf for each in FILTERS.values()]
        probabilities = np.exp(scores[0] - scores.max(), dtype=np.float64)
        drawn.append((prompt, probabilities / probabilities.sum(), kept))
        counts = ", ".join(f"{name} keeps {each.sum()}" for name, each in zip(FILTERS, kept))
        told.append(f"after “{prompt}” {counts}")
    p = Picture(
        "filters",
        "Three filters, where the model is sure and where it is not",
        f"""For two beginnings the {SHOWN} likeliest next tokens, a bar for each probability, and a mark for each filter that
        keeps the token: {"; ".join(told)}.""",
    )
    left, high, marks, y = 84, 24, 226, 0.0
    for prompt, probabilities, kept in drawn:
        p.text(2, y + 18, f"“{prompt} …”", size=SMALL, bold=True)
        for place, (name, each) in enumerate(zip(FILTERS, kept)):
            x = marks + 66 * place
            p.text(x, y + 40, name.split()[0], size=SMALL)
            p.text(x, y + 58, name.split()[1], size=SMALL)
            p.text(x, y + 72 + high * SHOWN + 12, f"{each.sum()} kept", size=SMALL)
        y += 66
        order = np.argsort(-probabilities, kind="stable")[:SHOWN]
        for token, word in zip(order, words(order)):
            p.text(left - 8, y + 17, word.strip(), size=SMALL, anchor="end")
            p.rect(left, y + 4, 82 * probabilities[token], high - 8, fill="a")
            p.text(left + 82 * probabilities[token] + 6, y + 17, f"{100 * probabilities[token]:.1f} %", size=SMALL)
            for place, each in enumerate(kept):
                p.rect(
                    marks + 66 * place, y + 5, 30, high - 10, fill="c" if each[token] else None, stroke="line", radius=3
                )
            y += high
        y += 36
    return p.svg(y)
