"""Step 19 with the small checkpoint: where the weights of a row can be, and where they go."""

import numpy as np

from book.pictures.storyteller import load, run
from book.pictures.svg import SMALL, Picture
from solutions.solution_19 import dequantize, quantize

REACH = 0.04  # of the row that is shown: what is near zero
TIMES = 10  # how much larger the outlier is


def draw() -> str:
    weight = np.array(np.from_dlpack(load().transformer.h[0].mlp.c_fc.weight))
    rows = np.repeat(weight[:1], 2, axis=0)  # [2, in_dim]: as it is, and with an outlier
    rows[1, np.abs(rows[1]).argmax()] *= TIMES
    scales = run(lambda each: quantize(each)[1], rows)
    moved = run(lambda each: dequantize(*quantize(each)), rows)
    near = np.flatnonzero(np.abs(rows[0]) < REACH)
    places = [len(np.unique(row[near])) for row in moved]
    p = Picture(
        "int8",
        "Weights go to the nearest multiple of their row's scale",
        f"""The {len(near)} weights between -{REACH} and {REACH} of a row of the story model. Its scale is {scales[0]:.4f}, and
        they go to {places[0]} different places. With one weight of the row {TIMES} times as large the scale is
        {scales[1]:.4f}, and they go to {places[1]}.""",
    )
    titles = (f"scale {scales[0]:.4f}", f"one weight {TIMES} times as large: scale {scales[1]:.4f}")
    y = 0.0
    for title, row, kept, scale in zip(titles, rows, moved, scales):
        p.text(4, y + 18, title, size=SMALL, bold=True)
        top, bottom = y + 42, y + 92
        for multiple in range(-int(REACH / scale) - 1, int(REACH / scale) + 2):
            if abs(multiple * scale) <= REACH:
                x = _across(multiple * scale)
                p.line((x, bottom - 6), (x, bottom + 6))
        p.line((_across(-REACH), bottom), (_across(REACH), bottom))
        for place in near:
            p.line((_across(row[place]), top), (_across(kept[place]), bottom), stroke="a", width=1)
        p.dots([(_across(row[place]), top) for place in near], fill="a", radius=4)
        p.dots([(_across(each), bottom) for each in np.unique(kept[near])], fill="b", radius=5)
        y += 112
    for value in (-REACH, 0, REACH):
        p.text(_across(value), y + 8, f"{value:g}", size=SMALL, anchor="middle")
    return p.svg(y + 20)


def _across(value: float) -> float:
    """Where a weight stands, from left to right."""
    return 210 + 180 * float(value) / REACH
