"""What was measured, as tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.peers.contenders import OURS
from benchmarks.peers.measure import CASES, GREEDY

Results = dict[str, Any]  # as benchmarks/peers/__main__.py stores them


@dataclass(frozen=True)
class Row:
    """A line of the table: ``unit`` is what a figure is divided by."""

    title: str
    figure: str
    pick: Callable[[Sequence[float]], float]  # the best of the rounds: min or max
    unit: float = 1
    digits: int = 2

    def value(self, figures: dict) -> float:
        return self.pick(figures[self.figure]) / self.unit


ROWS = [
    Row("load, s", "load", min),
    Row("load and first token, s", "cold", min),
    *(
        Row(f"first token of {case.past}, ms", f"first {case.batch} {case.past}", min, 1e-3, 0)
        for case in CASES
        if case.batch == 1 and case.past in (32, 512)
    ),
    *(
        Row(f"tokens/s, batch {case.batch}, past {case.past}", f"rate {case.batch} {case.past}", max, 1, 1)
        for case in sorted(CASES, key=lambda case: (case.past, case.batch))
        if case.past in (32, 900)
    ),
    Row("peak memory, MB", "peak", min, 1e6, 0),
]
DECODE = f"rate 1 {CASES[0].past}"  # whose bound is the memory


def ratio(row: Row, ours: dict, theirs: dict) -> float:
    """How many times as good ours is: above 1 is better, of seconds as of tokens per second."""
    mine, other = row.value(ours), row.value(theirs)
    return mine / other if row.pick is max else other / mine


def roofline(results: Results, name: str) -> float:
    """The share of the tokens per second that the memory allows, when each reads all weights once."""
    allowed = max(results["read"]) / results["bytes"]
    return max(results["contenders"][name]["figures"][DECODE]) / allowed


def tables(results: Results) -> str:
    """Markdown: a table for each kind of weights, and where they were measured."""
    names = list(results["contenders"])
    kinds = {weights: [n for n in names if results["contenders"][n]["weights"] == weights] for weights in ("float32", "int8")}
    parts = [table(results, kind, members) for kind, members in kinds.items() if members]
    versions = "; ".join(f"{name} {each['versions']}" for name, each in results["contenders"].items() if each["weights"] == "float32")
    return "\n\n".join(
        [
            *parts,
            f"{results['machine']}, {results['cores']} cores, which read {max(results['read']) / 1e9:.1f} GB/s; "
            f"GPT-2 {results['size']} with random weights, best of {results['rounds']} rounds; {versions}.",
        ]
    )


def table(results: Results, kind: str, names: list[str]) -> str:
    """One line a figure, one column a contender; in brackets how many times as good ours is."""
    contenders = results["contenders"]
    reference = next((name for name in names if name.startswith(OURS)), OURS)
    lines = [[kind, *names], ["---", *["---:"] * len(names)]]
    for row in ROWS:
        cells = []
        for name in names:
            cell = f"{row.value(contenders[name]['figures']):.{row.digits}f}"
            if name != reference and reference in contenders:
                cell += f" ({ratio(row, contenders[reference]['figures'], contenders[name]['figures']):.2f} ×)"
            cells.append(cell)
        lines.append([row.title, *cells])
    if kind == "float32":
        lines.append(["share of what memory allows", *(f"{roofline(results, name):.0%}" for name in names)])
    if all("difference" in contenders[name] for name in names):
        lines.append(["largest difference of a logit", *(f"{contenders[name]['difference']:.0e}" for name in names)])
        lines.append([f"same greedy tokens, of {GREEDY}", *(str(contenders[name]["agreement"]) for name in names)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
