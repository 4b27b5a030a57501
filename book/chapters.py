"""What a chapter begins with: how long it takes, how hard it is, and where in the model its step is."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

DIFFICULTIES = {1: "easy", 2: "medium", 3: "demanding"}


@dataclass(frozen=True)
class Effort:
    """What a step asks of somebody who reads its chapter and writes its code: minutes, and a level from 1 to 3."""

    minutes: int
    difficulty: int


EFFORTS = {
    1: Effort(20, 1),
    2: Effort(30, 2),
    3: Effort(30, 1),
    4: Effort(25, 1),
    5: Effort(25, 1),
    6: Effort(25, 2),
    7: Effort(30, 2),
    8: Effort(50, 3),
    9: Effort(50, 3),
    10: Effort(25, 1),
    11: Effort(25, 1),
    12: Effort(40, 2),
    13: Effort(30, 2),
    14: Effort(60, 3),
    15: Effort(45, 2),
    16: Effort(60, 3),
    17: Effort(40, 2),
}


@dataclass(frozen=True)
class Part:
    """A part of the model, and the step that makes it. What has parts of its own is drawn around them."""

    name: str
    step: int
    parts: tuple["Part", ...] = ()


# In the order in which data flows.
MODEL = Part(
    "GPT2Config",
    1,
    (
        Part(
            "the stack",
            12,
            (
                Part("tokens", 5),
                Part("positions", 6),
                Part(
                    "block × n_layer",
                    11,
                    (
                        Part("norm", 3),
                        Part("q, k, v", 7),
                        Part("mask", 2),
                        Part("attention", 8),
                        Part("heads", 9),
                        Part("add", 10),
                        Part("norm", 3),
                        Part("feed-forward", 4),
                        Part("add", 10),
                    ),
                ),
                Part("norm", 3),
            ),
        ),
        Part("head", 13),
        Part("generation", 14),
        Part("perplexity", 15),
        Part("cache", 16),
        Part("filters", 17),
    ),
)


def opening(step: int) -> str:
    """The effort of a step, and the model with the parts that the step makes marked, as HTML.

    Raises:
        KeyError: nothing is known of the step.
    """
    effort = EFFORTS[step]
    level = DIFFICULTIES[effort.difficulty]
    dots = "●" * effort.difficulty + "○" * (len(DIFFICULTIES) - effort.difficulty)
    return (
        f'<p class="effort">About {effort.minutes} minutes · {level} <span aria-hidden="true">{dots}</span></p>\n'
        f'<nav class="here" aria-label="You are here in the model"><p>You are here</p>'
        f"<ul>{''.join(_item(MODEL, step))}</ul></nav>"
    )


def _item(part: Part, step: int) -> Iterator[str]:
    here = ' aria-current="step"' if part.step == step else ""
    kind = "around" if part.parts else "part"
    yield f'<li class="{kind}"><a href="step_{part.step:02}.html"{here}>{escape(part.name)}</a>'
    if part.parts:
        yield f"<ol>{''.join(''.join(_item(inner, step)) for inner in part.parts)}</ol>"
    yield "</li>"
