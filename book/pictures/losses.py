"""Both losses of a training, over its steps: for every training's card, and two that were recorded for the book."""

import json
from collections.abc import Sequence
from pathlib import Path

from book.pictures.svg import SMALL, WIDTH, Picture

LEFT, RIGHT, TOP, BOTTOM = 44, WIDTH - 12, 44, 236
LINES = 4  # across


def losses(name: str, title: str, steps: Sequence[int], training: Sequence[float], held_out: Sequence[float]) -> str:
    """Draw two curves; the lowest loss on the held-out text, whose weights are kept, is marked."""
    low, high = min(*training, *held_out), max(*training, *held_out)
    best = min(range(len(steps)), key=lambda index: held_out[index])

    def point(step: float, loss: float) -> tuple[float, float]:
        y = BOTTOM - (loss - low) / (high - low or 1) * (BOTTOM - TOP)
        return LEFT + step / steps[-1] * (RIGHT - LEFT), y

    p = Picture(
        name,
        title,
        f"""After {steps[0]} steps the loss in training is {training[0]:.2f} and on what was held out {held_out[0]:.2f}
        nats per token; after {steps[-1]} steps {training[-1]:.2f} and {held_out[-1]:.2f}. What was held out is predicted
        best after {steps[best]} steps: {held_out[best]:.2f}.""",
    )
    p.rect(0, 0, WIDTH, BOTTOM + 52, fill="page")
    p.text(2, 18, title, size=SMALL, bold=True)
    for index in range(LINES + 1):
        loss = low + (high - low) * index / LINES
        p.line(point(0, loss), point(steps[-1], loss), width=0.5)
        p.text(LEFT - 6, point(0, loss)[1] + 5, f"{loss:.1f}", size=SMALL, anchor="end")
    for values, fill in ((training, "a"), (held_out, "b")):
        p.line(*map(point, steps, values), stroke=fill, width=2.5, dash=fill == "b")
    p.dots([point(steps[best], held_out[best])], fill="b", radius=5)
    p.text(LEFT, BOTTOM + 22, "0", size=SMALL)
    p.text(RIGHT, BOTTOM + 22, f"step {steps[-1]:,}", size=SMALL, anchor="end")
    p.text(LEFT, BOTTOM + 43, "— training", size=SMALL, fill="a", bold=True)
    p.text(LEFT + 100, BOTTOM + 43, "-- held out, lowest at the dot", size=SMALL, fill="b", bold=True)
    return p.svg(BOTTOM + 52)


def recorded(name: str) -> str:
    """The picture of a training in losses.json, which has what its training.json said of the looks at it."""
    each = json.loads(Path(__file__).with_name("losses.json").read_text(encoding="utf-8"))[name]
    return losses(f"losses-{name}", each["title"], each["steps"], each["training"], each["held_out"])


def book() -> str:
    return recorded("book")


def stories() -> str:
    return recorded("stories")
