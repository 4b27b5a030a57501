"""Step 16 beside step 14: what the model reads in each call."""

from collections.abc import Callable

import numpy as np
from max.experimental.tensor import Tensor

from book.pictures.storyteller import device, encode, load, words
from book.pictures.svg import SMALL, Picture
from solutions.solution_14 import generate_tokens
from solutions.solution_16 import generate_with_cache

PROMPT, NEW_TOKENS = "A squirrel named", 5


def draw() -> str:
    prompt = Tensor(encode(PROMPT), device=device)
    again: list[list[int]] = []  # what the model reads in each call, without a cache and with one
    once: list[list[int]] = []

    def reading(input_ids: Tensor) -> Tensor:
        again.append(np.from_dlpack(input_ids)[0].tolist())
        return load()(input_ids)

    def caching(input_ids: Tensor, cache: list[int] | None) -> tuple[Tensor, list[int]]:
        """The same model, with the text itself for a cache."""
        once.append(np.from_dlpack(input_ids)[0].tolist())
        text = [*(cache or []), *once[-1]]
        return load()(Tensor(np.array([text]), device=device))[:, -len(once[-1]) :], text

    generate_tokens(reading, prompt, NEW_TOKENS, do_sample=False)
    generate_with_cache(caching, prompt, NEW_TOKENS, do_sample=False)
    names = [word.strip() for word in words(np.array(again[-1]))]
    told = "; ".join(
        f"call {call}: without a cache {len(whole)} tokens, with a cache {len(new)}"
        for call, (whole, new) in enumerate(zip(again, once), start=1)
    )
    p = Picture(
        "kv-cache",
        "Without a cache each token is read again and again, with a cache once",
        f"""The text “{" ".join(names)}” is written from its first {len(once[0])} tokens. What the model reads: {told}. In all
        {sum(map(len, again))} tokens without a cache, {sum(map(len, once))} with one.""",
    )
    y = _calls(p, 0, "generate_tokens", again, names, lambda call: 0)
    y = _calls(p, y + 18, "generate_with_cache", once, names, lambda call: sum(map(len, once[:call])))
    p.rect(4, y, 18, 18, fill="a", opacity=0.3, stroke="a", radius=3)
    p.text(30, y + 14, "read in this call", size=SMALL)
    p.rect(180, y, 18, 18, stroke="line", radius=3)
    p.text(206, y + 14, "kept in the cache", size=SMALL)
    return p.svg(y + 26)


def _calls(
    p: Picture, y: float, title: str, asked: list[list[int]], names: list[str], past_length: Callable[[int], int]
) -> float:
    """A row for each call of the model; returns where the next thing may be drawn."""
    left, width, high = 4.0, 59.0, 26
    total = sum(map(len, asked))
    p.text(left, y + 18, title, size=SMALL, mono=True, bold=True)
    p.text(416, y + 18, f"{total} tokens read", size=SMALL, anchor="end")
    for column, name in enumerate(names):
        p.text(left + width * column + (width - 4) / 2, y + 42, name, size=SMALL, anchor="middle")
    y += 50
    for call, tokens in enumerate(asked):
        past = past_length(call)
        for column in range(past + len(tokens)):
            if column < past:
                p.rect(left + width * column, y, width - 4, high - 4, stroke="line", radius=3)
            else:
                p.rect(left + width * column, y, width - 4, high - 4, fill="a", opacity=0.3, stroke="a", radius=3)
        y += high
    return y + 8
