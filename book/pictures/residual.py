"""What every sublayer adds to the residual stream of the small checkpoint."""

import numpy as np

from book.pictures.storyteller import SENTENCE, encode, residual_stream
from book.pictures.svg import SMALL, Picture

LEFT, ROW = 112, 34
COLOURS = {"attn": "a", "mlp": "c"}


def draw() -> str:
    steps = residual_stream(encode(SENTENCE))
    added = [float(np.linalg.norm(step.added, axis=-1).mean()) for step in steps]
    stream = [float(np.linalg.norm(step.stream, axis=-1).mean()) for step in steps]
    told = ", ".join(f"{step.name} {length:.0f} ({total:.0f})" for step, length, total in zip(steps, added, stream))
    p = Picture(
        "residual-stream",
        "What every sublayer adds to the residual stream",
        f"""A row for the embeddings and for each sublayer of the small checkpoint, from the first to the last. A bar shows
        how long the vector is that is added, a line how long the sum is after it; lengths are means over the
        {len(steps[0].added)} tokens of “{SENTENCE}”. Added, and in brackets the sum: {told}.""",
    )
    scale = (410 - LEFT) / 310
    top = 66
    p.text(2, 18, "Length of what is added", bold=True)
    for index, (name, fill) in enumerate((("attn", "a"), ("mlp", "c"))):
        p.rect(200 + 76 * index, 6, 14, 14, fill=fill)
        p.text(220 + 76 * index, 18, name, size=SMALL, mono=True)
    p.text(2, 44, "Length of the stream", bold=True)
    p.line((200, 39), (236, 39), stroke="b", width=3)
    p.dots([(218, 39)], fill="b", radius=5)
    bottom = top + ROW * len(steps)
    for value in range(0, 301, 100):
        x = LEFT + scale * value
        p.line((x, top), (x, bottom), width=0.7)
        p.text(x, bottom + 20, str(value), size=SMALL, anchor="middle")
    for index, (step, length) in enumerate(zip(steps, added)):
        y = top + ROW * index
        p.text(LEFT - 8, y + ROW / 2 + 5, step.name, size=SMALL, mono=True, anchor="end")
        p.rect(LEFT, y + 6, scale * length, ROW - 12, fill=COLOURS.get(step.name.split(".")[-1], "line"))
    points = [(LEFT + scale * length, top + ROW * (index + 0.5)) for index, length in enumerate(stream)]
    p.line(*points, stroke="b", width=3)
    p.dots(points, fill="b", radius=5)
    return p.svg(bottom + 26)
