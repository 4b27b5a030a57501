"""The causal mask of step 02, and what the softmax makes of it."""

import numpy as np
from max.dtype import DType
from max.experimental import functional as F
from max.experimental.tensor import Tensor

from book.pictures.storyteller import device, encode, words
from book.pictures.svg import SMALL, Picture
from solutions.solution_02 import causal_mask

CELL = 50


def draw() -> str:
    tokens = words(encode("A squirrel named Luna lived by"))
    mask = np.from_dlpack(causal_mask(len(tokens), DType.float32, device))
    weights = np.from_dlpack(F.softmax(Tensor(mask, device=device)))
    p = Picture(
        "causal-mask",
        "The causal mask for six tokens",
        f"""Two tables with a row and a column for each of the tokens {", ".join(map(str.strip, tokens))}. The row looks,
        the column is looked at. The first table is the mask: 0 on and below the diagonal, minus infinity above. The
        second is its softmax, with all scores equal: the first row has 1 in the first column, the second row 0.50 twice,
        the last row 0.17 six times, and above the diagonal everything is 0.""",
    )
    p.text(2, 20, "causal_mask(6, …)", mono=True, bold=True)
    y = _table(p, 32, tokens, mask, lambda value: "0" if value == 0 else "−∞")
    y = p.down(125, y, "F.softmax, of equal scores", length=40)
    y = _table(p, y + 4, tokens, weights, lambda value: f"{value:.2f}" if value else "0")
    return p.svg(y + 4)


def _table(p: Picture, y: float, tokens: list[str], values: np.ndarray, write) -> float:
    """Draw a table below y and say where it ends."""
    left, top = 100, y + 34
    p.text(left - 10, y + 24, "looks at →", size=SMALL, anchor="end")
    for index, token in enumerate(tokens):
        # Every other name higher, so that long ones do not touch.
        p.text(left + CELL * (index + 0.5), y + (8 if index % 2 else 26), token.strip(), size=SMALL, anchor="middle")
        p.text(left - 10, top + CELL * (index + 0.5) + 5, token.strip(), size=SMALL, anchor="end")
    for (row, column), value in np.ndenumerate(values):
        x, cell_y = left + CELL * column, top + CELL * row
        is_open = column <= row
        p.rect(x, cell_y, CELL, CELL, fill="a" if is_open else "line", opacity=0.4 if is_open else 0.12, stroke="line")
        p.text(x + CELL / 2, cell_y + CELL / 2 + 5.5, write(value), anchor="middle", bold=is_open)
    return top + CELL * len(tokens)
