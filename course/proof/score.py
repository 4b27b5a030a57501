"""The score: what the checks make of answers that are known to be wrong, or to be right, and of mutants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HEAD = ("step", "mistakes", "caught", "named", "right answers", "accepted", "mutants", "caught")


@dataclass(frozen=True)
class Outcome:
    """What became of one answer of the catalogue."""

    step: int
    verdict: str  # of a mistake: missed, caught, or caught and named; of a right answer: accepted, rejected
    fault: str | None = None  # why it should be another


def table(outcomes: Sequence[Outcome], mutants: Mapping[int, Mapping[str, int]]) -> str:
    """How many mistakes are caught and named, right answers accepted, and mutants caught, in Markdown.

    Args:
        mutants: as course.proof.mutants reads them.
    """
    steps = sorted({outcome.step for outcome in outcomes})
    rows = [(f"{step:02}", *_counts(outcomes, mutants, [step])) for step in steps]
    cells = [HEAD, *rows, ("all", *_counts(outcomes, mutants, steps))]
    widths = [max(len(str(cell)) for cell in column) for column in zip(*cells)]
    lines = ["| " + " | ".join(f"{cell:>{width}}" for cell, width in zip(row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 1) + ":" for width in widths) + "|")
    return "\n".join(lines)


def _counts(
    outcomes: Sequence[Outcome], mutants: Mapping[int, Mapping[str, int]], steps: Sequence[int]
) -> tuple[int, ...]:
    found = [outcome.verdict for outcome in outcomes if outcome.step in steps]
    named, accepted = found.count("named"), found.count("accepted")
    caught = named + found.count("caught")
    answers = (caught + found.count("missed"), caught, named, accepted + found.count("rejected"), accepted)
    tried = [mutants[step] for step in steps if step in mutants]
    return *answers, *(sum(each[name] for each in tried) for name in ("mutants", "caught"))
