"""GELU in its two forms, and the difference between them under a magnifying glass."""

import numpy as np
from max.experimental import functional as F

from book.pictures.storyteller import run
from book.pictures.svg import SMALL, Picture

LEFT, RIGHT = 64, 416
MOST = 4.0  # x from -4 to 4
UNIT = 48  # how high 1 is
MAGNIFIED = 5_000  # the difference


def draw() -> str:
    x = np.linspace(-MOST, MOST, 401, dtype=np.float32)
    tanh = run(lambda each: F.gelu(each, approximate="tanh"), x)
    erf = run(F.gelu, x)
    difference = tanh - erf
    largest = float(np.abs(difference).max())
    place = float(abs(x[np.abs(difference).argmax()]))  # and at the same distance on the other side
    p = Picture(
        "gelu",
        "GELU: the tanh form and the erf form",
        f"""Above, GELU from -4 to 4, with ReLU for comparison. The tanh form and the erf form lie on top of each other:
        near 0 for large negative x, a dip to {tanh.min():.2f}, then rising towards the line y = x. Below, the difference
        tanh minus erf, {MAGNIFIED:,} times as high: it swings about zero and is largest at x = {place:.2f} and
        x = -{place:.2f}, where it is {largest:.5f}.""",
    )
    sx = (RIGHT - LEFT) / (2 * MOST)
    middle = LEFT + sx * MOST

    def curve(top: float, high: float, per_unit: float, values: np.ndarray) -> list[tuple[float, float]]:
        return [(middle + sx * a, top + (high - b) * per_unit) for a, b in zip(x[::4].tolist(), values[::4].tolist())]

    p.text(2, 18, "GELU", bold=True)
    top, high, unit = 34, 4, UNIT
    _axes(p, top, top + 4.6 * unit, {value: top + (high - value) * unit for value in (0, 1, 2, 3, 4)}, "{:g}", sx)
    p.line(*curve(top, high, unit, np.maximum(x, 0)), dash=True, width=2)
    p.line(*curve(top, high, unit, erf), stroke="a", width=9)
    p.line(*curve(top, high, unit, tanh), stroke="page", width=5.5)
    p.line(*curve(top, high, unit, tanh), stroke="b", width=2.5)
    for row, (name, stroke, width) in enumerate((("tanh form", "b", 2.5), ("erf form", "a", 9), ("ReLU", "line", 2))):
        y = top + 24 + 24 * row
        p.rect(84, y - 12, 134, 24, fill="page")
        p.line((90, y), (126, y), stroke=stroke, width=width, dash=name == "ReLU")
        p.text(136, y + 5, name, size=SMALL)

    bottom = top + 4.6 * unit
    p.text(2, bottom + 56, f"tanh form − erf form, {MAGNIFIED:,} times as high", bold=True)
    top, high, unit = bottom + 76, 5e-4, UNIT * MAGNIFIED
    ticks = {value: top + (high - value) * unit for value in (-5e-4, 0, 5e-4)}
    _axes(p, top, top + 240, ticks, "{:.4f}", sx)
    p.line(*curve(top, high, unit, difference), stroke="e", width=2.5)
    p.dots([(middle + sx * at, top + (high - largest) * unit) for at in (-place, place)], fill="e", radius=5)
    label = f"largest: {largest:.5f} at x = ±{place:.2f}"
    p.text((LEFT + RIGHT) / 2, top + 214, label, size=SMALL, anchor="middle")
    return p.svg(top + 266)


def _axes(p: Picture, top: float, bottom: float, ticks: dict[float, float], form: str, sx: float) -> None:
    """The frame of a curve, with the values at the left and x below."""
    p.rect(LEFT, top, RIGHT - LEFT, bottom - top, stroke="line")
    for value, y in ticks.items():
        p.line((LEFT, y), (RIGHT, y), width=1 if value == 0 else 0.5)
        p.text(LEFT - 6, y + 5, form.format(value).replace("-", "−"), size=SMALL, anchor="end")
    for value in range(-4, 5, 2):
        x = LEFT + sx * (value + MOST)
        p.line((x, bottom), (x, bottom + 5))
        p.text(x, bottom + 21, str(value).replace("-", "−"), size=SMALL, anchor="middle")
