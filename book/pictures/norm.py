"""Step 03 at work on three small vectors."""

import numpy as np

from book.pictures.storyteller import device, run
from book.pictures.svg import SMALL, Picture
from solutions.solution_03 import LayerNorm

# The second row is the first one times 2, minus 26.
ROWS = np.array([[1, 4, 2, 8, 5, 10], [-24, -18, -22, -10, -16, -6], [14, -4, 8, 20, -12, -2]], np.float32)
LEFT, RIGHT, ROW, BARS = 92, 418, 112, 80


def draw() -> str:
    after = run(LayerNorm(ROWS.shape[1]).to(device), ROWS)
    p = Picture(
        "layer-norm",
        "Three vectors before and after the layer normalization",
        f"""Bars for the six features of three tokens. Before: token 0 has mean {ROWS[0].mean():g} and a small spread,
        token 1 has mean {ROWS[1].mean():g} and twice that spread, token 2 has mean {ROWS[2].mean():g} and a large
        spread. After: every token has mean 0 and standard deviation 1, and tokens 0 and 1, which differed by a shift and
        a scale only, have become equal.""",
    )
    y = _panel(p, 0, "before", ROWS, 25)
    y = p.down(125, y, "LayerNorm(6)", length=40)
    y = _panel(p, y, "after", after, 2)
    p.line((20, y + 14), (60, y + 14), stroke="b", width=3)
    p.text(70, y + 19, "mean", size=SMALL)
    p.rect(150, y + 4, 40, 20, fill="b", opacity=0.2)
    p.text(200, y + 19, "mean ± standard deviation", size=SMALL)
    return p.svg(y + 30)


def _panel(p: Picture, y: float, name: str, rows: np.ndarray, most: float) -> float:
    """Bars for each row, between -most and most; returns where the panel ends."""
    p.text(2, y + 18, name, bold=True)
    scale = BARS / 2 / most
    width = (RIGHT - LEFT) / rows.shape[1]
    for index, row in enumerate(rows):
        top = y + 28 + ROW * index
        zero = top + BARS / 2
        p.text(2, zero - 16, f"token {index}", size=SMALL)
        p.text(2, zero + 5, f"mean {_written(row.mean(), 0)}", size=SMALL)
        p.text(2, zero + 26, f"std {row.std():.1f}", size=SMALL)
        mean, deviation = zero - scale * row.mean(), scale * row.std()
        p.rect(LEFT, mean - deviation, RIGHT - LEFT, 2 * deviation, fill="b", opacity=0.2)
        for column, value in enumerate(row.tolist()):
            x, end = LEFT + width * column, zero - scale * value
            p.rect(x + 14, min(end, zero), width - 28, abs(zero - end), fill="a")
            p.text(x + width / 2, top + BARS + 18, _written(value, 0 if most > 9 else 2), size=SMALL, anchor="middle")
        p.line((LEFT, zero), (RIGHT, zero))
        p.line((LEFT, mean), (RIGHT, mean), stroke="b", width=3)
        p.rect(LEFT, top, RIGHT - LEFT, BARS, stroke="line")
    return y + 28 + ROW * len(rows)


def _written(value: float, digits: int) -> str:
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")
