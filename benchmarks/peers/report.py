"""What was measured, as tables in Markdown."""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.contenders import OURS
from benchmarks.peers.measure import CASES, GREEDY

Results = dict[str, Any]  # as benchmarks/peers/command.py makes them
FOLDER = Path(__file__).parent
BYTES = {"float32": 4, "bfloat16": 2, "int8": 1}  # of a weight


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    title: str
    figure: str
    best: Callable[[Sequence[float]], float]  # of the rounds: min or max
    unit: float = 1  # what a figure is divided by
    digits: int = 2

    def value(self, contender: dict) -> float:
        return self.best(contender["figures"][self.figure]) / self.unit

    def ratio(self, ours: dict, theirs: dict) -> float:
        """How many times as good ours is: above 1 is better, of seconds as of tokens per second."""
        mine, other = self.value(ours), self.value(theirs)
        return mine / other if self.best is max else other / mine


def first(past: int) -> Row:
    return Row(f"first token after {past}, ms", f"first 1 {past}", min, 1e-3, 0)


def rate(batch: int, past: int) -> Row:
    return Row(f"tokens/s, batch {batch}, after {past}", f"rate {batch} {past}", max, 1, 1)


COLD = Row("load and first token, s", "cold", min)
DECODE = rate(1, 32)
ROWS = [
    Row("load, s", "load", min),
    COLD,
    first(32),
    first(512),
    *(rate(case.batch, case.past) for case in sorted(CASES, key=lambda case: case.past) if case.steps > 1),
    Row("peak memory, MB", "peak", min, 1e6, 0),
]


def read_results(size: str, folder: Path = FOLDER) -> Results:
    """What was recorded of a size last."""
    return json.loads((folder / f"{size}.json").read_text())


def bandwidth(results: Results) -> float:
    """The most bytes per second that the machine was seen to read."""
    return max(max(each["figures"]["read"]) for each in results["contenders"].values())


def roofline(results: Results, weights: str) -> float:
    """The tokens per second that reading every weight once for each allows."""
    return bandwidth(results) / (results["parameters"] * BYTES[weights])


def share(results: Results, contender: dict) -> float:
    """How much of the bandwidth a contender reads its weights with: the median of the rounds, each with its own bandwidth."""
    size = results["parameters"] * BYTES[contender["weights"]]
    figures = contender["figures"]
    return statistics.median(
        rate * size / read for rate, read in zip(figures[DECODE.figure], figures["read"], strict=True)
    )


def slower(contender: dict) -> float:
    """How many times as long a token takes with the longest past: the median of the rounds."""
    return statistics.median(contender["figures"]["slower"])


def tables(results: Results) -> str:
    """A table for each kind of weights, and where they were measured."""
    versions = dict.fromkeys(each["versions"] for each in results["contenders"].values())
    return "\n\n".join(
        [
            *(table(results, weights) for weights in BYTES if members(results, weights)),
            f"GPT-2 {results['size']} with random weights on {results['machine']}, Python {results['python']}; "
            f"memory is read at up to {bandwidth(results) / 1e9:.1f} GB/s; {', '.join(versions)}. "
            "All are measured in turn, line by line. Where a machine shares its memory with others, as this one "
            "may do, one line can meet a faster moment than the next.",
        ]
    )


def members(results: Results, weights: str) -> dict[str, dict]:
    return {name: each for name, each in results["contenders"].items() if each["weights"] == weights}


def table(results: Results, weights: str) -> str:
    """One line a figure, one column a contender; in brackets how many times as good ours is."""
    found = members(results, weights)
    ours = next((each for name, each in found.items() if name.startswith(OURS)), None)
    lines = [[weights, *(name.removesuffix(f" {weights}") for name in found)], ["---", *["---:"] * len(found)]]
    for row in ROWS:
        cells = []
        for each in found.values():
            cell = f"{row.value(each):.{row.digits}f}"
            cells.append(cell if ours is None or ours is each else f"{cell} ({row.ratio(ours, each):.2f} ×)")
        lines.append([row.title, *cells])
    lines.append(["time of a token after 900 / after 32", *(f"{slower(each):.2f}" for each in found.values())])
    lines.append(["share of what memory allows, batch 1", *(f"{share(results, each):.0%}" for each in found.values())])
    if all("difference" in each for each in found.values()):
        lines.append(["largest difference of a logit", *(f"{each['difference']:.0e}" for each in found.values())])
        lines.append([f"same greedy tokens, of {GREEDY}", *(str(each["agreement"]) for each in found.values())])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
