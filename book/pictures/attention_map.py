"""Where two heads of the small checkpoint look."""

import numpy as np

from book.pictures.storyteller import SENTENCE, attention, encode, words
from book.pictures.svg import SMALL, Picture

HEADS = ((4, 1, "looks at the name"), (3, 0, "looks at the full stop"))
LEFT, CELL = 84, 25.5


def draw() -> str:
    ids = encode(SENTENCE)
    tokens = [word.strip() for word in words(ids)]
    layers = attention(ids)
    maps = [(layer, head, name, layers[layer].weights[head]) for layer, head, name in HEADS]
    told = "; ".join(f"in layer {layer}, head {head}: {_told(tokens, weights)}" for layer, head, _, weights in maps)
    p = Picture(
        "attention-map",
        f"Two attention maps for “{SENTENCE}”",
        f"""Each row is a token that looks, each column a token that it looks at; the deeper the colour, the larger the
        weight. Everything above the diagonal is 0. Where the last tokens look most, {told}.""",
    )
    y = 0.0
    for layer, head, name, weights in maps:
        p.text(2, y + 18, f"Layer {layer}, head {head}: {name}", bold=True)
        y = _map(p, y + 30, tokens, weights) + 26
    return p.svg(y - 22)


def _told(tokens: list[str], weights: np.ndarray) -> str:
    return ", ".join(
        f"“{tokens[row]}” at “{tokens[weights[row].argmax()]}” ({weights[row].max():.2f})" for row in range(-5, 0)
    )


def _map(p: Picture, y: float, tokens: list[str], weights: np.ndarray) -> float:
    """A map with named rows and columns; returns where it ends."""
    top = y + 64
    p.heat(LEFT, top, weights, CELL, CELL, most=1)
    for index, token in enumerate(tokens):
        at = CELL * (index + 0.5)
        p.text(LEFT - 8, top + at + 5, token, size=SMALL, anchor="end")
        p.text(LEFT + at + 5, top - 8, token, size=SMALL, turn=-90)
    stairs = [(LEFT + CELL * column, top + CELL * row) for row in range(len(tokens)) for column in (row, row + 1)]
    p.line(*stairs, width=1)
    return top + CELL * len(tokens)
