"""Turns what was measured into tables in Markdown."""

import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.checkpoint import config_of
from benchmarks.peers.contenders import OURS
from benchmarks.peers.measure import CASES, GREEDY, LONGEST
from gpt2.cost import BYTES, cache_bytes, token_flops, weight_bytes

Results = dict[str, Any]  # as benchmarks/peers/command.py makes them
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    title: str
    figure: str
    best: Callable[[Sequence[float]], float]  # min or max, which picks the best round
    unit: float = 1  # what a figure is divided by
    digits: int = 2

    def value(self, contender: dict) -> float:
        return self.best(contender["figures"][self.figure]) / self.unit

    def ratio(self, ours: dict, theirs: dict) -> float:
        """How many times as good ours is. Above 1 ours is better, whether less or more of the figure is."""
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
    """The figures that were last recorded for a size."""
    return json.loads((folder / f"{size}.json").read_text())


def bandwidth(results: Results) -> float:
    """The most bytes per second that the machine was seen to read."""
    return max(max(each["figures"]["read"]) for each in results["contenders"].values())


def roofline(results: Results, weights: str) -> float:
    """The tokens per second that memory allows, if reading every weight once for each token is all that it does."""
    return bandwidth(results) / weight_bytes(results["parameters"], weights)


def share(results: Results, contender: dict) -> float:
    """Which part of the bandwidth a contender uses to read its weights: the median over rounds, each with its own."""
    size = weight_bytes(results["parameters"], contender["weights"])
    figures = contender["figures"]
    return statistics.median(
        rate * size / read for rate, read in zip(figures[DECODE.figure], figures["read"], strict=True)
    )


def slower(contender: dict) -> float:
    """How many times as long a token takes after the longest past as after the shortest: the median over rounds."""
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
            cost(results),
        ]
    )


def cost(results: Results) -> str:
    """What a token costs the model, in a sentence."""
    config, past = config_of(results["size"]), LONGEST.past
    read = " or ".join(f"{weight_bytes(results['parameters'], weights) / 1e6:.0f} ({weights})" for weights in BYTES)
    return (
        f"A token after {past} others takes {token_flops(config, past) / 1e9:.2f} billion floating-point operations, "
        f"and reads {read} MB of weights and {cache_bytes(config, past) / 1e6:.0f} MB of keys and values."
    )


def members(results: Results, weights: str) -> dict[str, dict]:
    return {name: each for name, each in results["contenders"].items() if each["weights"] == weights}


def table(results: Results, weights: str) -> str:
    """One line a figure, one column a contender; in brackets how many times as good ours is."""
    columns = members(results, weights)
    ours = next((each for name, each in columns.items() if name.startswith(OURS)), None)
    lines = [
        [weights, *(name.removesuffix(f" {weights}") for name in columns)],
        ["---", *["---:"] * len(columns)],
    ]
    for row in ROWS:
        cells = []
        for each in columns.values():
            cell = f"{row.value(each):.{row.digits}f}"
            cells.append(cell if ours is None or ours is each else f"{cell} ({row.ratio(ours, each):.2f} ×)")
        lines.append([row.title, *cells])
    lines.append(["time of a token after 900 / after 32", *(f"{slower(each):.2f}" for each in columns.values())])
    lines.append(
        ["share of what memory allows, batch 1", *(f"{share(results, each):.0%}" for each in columns.values())]
    )
    if all("difference" in each for each in columns.values()):
        lines.append(["largest difference of a logit", *(f"{each['difference']:.0e}" for each in columns.values())])
        lines.append([f"same greedy tokens, of {GREEDY}", *(str(each["agreement"]) for each in columns.values())])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
