"""The mutation score: what the checks make of answers that are known to be wrong, or to be right."""

from collections.abc import Sequence
from dataclasses import dataclass

HEAD = ("step", "mistakes", "caught", "named", "right answers", "accepted")


@dataclass(frozen=True)
class Outcome:
    """What became of one answer of the catalogue."""

    step: int
    verdict: str  # of a mistake: missed, caught, or caught and named; of a right answer: accepted, rejected
    fault: str | None = None  # why it should be another


def table(outcomes: Sequence[Outcome]) -> str:
    """How many of the mistakes are caught and named, and how many right answers accepted, as Markdown."""
    steps = sorted({outcome.step for outcome in outcomes})
    rows = [(f"{step:02}", *_counts([each for each in outcomes if each.step == step])) for step in steps]
    cells = [HEAD, *rows, ("all", *_counts(outcomes))]
    widths = [max(len(str(cell)) for cell in column) for column in zip(*cells)]
    lines = ["| " + " | ".join(f"{cell:>{width}}" for cell, width in zip(row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|")
    return "\n".join(lines)


def _counts(outcomes: Sequence[Outcome]) -> tuple[int, ...]:
    found = [outcome.verdict for outcome in outcomes]
    named, accepted = found.count("named"), found.count("accepted")
    caught = named + found.count("caught")
    return caught + found.count("missed"), caught, named, accepted + found.count("rejected"), accepted
