"""Measures contenders in turn, figure by figure and round by round, so that a slow moment of the machine meets all."""

import random
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.peers.bandwidth import read_bandwidth
from benchmarks.peers.checkpoint import VOCAB_SIZE
from benchmarks.peers.contenders import BASELINE, Contender
from benchmarks.peers.protocol import CORES
from benchmarks.peers.worker import Worker


@dataclass(frozen=True)
class Case:
    """A batch of texts of ``past`` tokens each, and how many further tokens to generate."""

    batch: int
    past: int
    steps: int

    @property
    def prompts(self) -> list[list[int]]:
        ids = random.Random(self.past)
        return [[ids.randrange(VOCAB_SIZE) for _ in range(self.past)] for _ in range(self.batch)]


CASES = [
    Case(1, 32, 32),
    Case(1, 512, 1),
    Case(1, 900, 32),
    Case(4, 32, 16),
    Case(16, 32, 16),
    Case(4, 900, 8),
    Case(16, 900, 8),  # 14 thousand tokens to read first
]
LONGEST = CASES[2]  # the longest past with one text
TURNS = 5  # how often a short and a long past are measured in turn
RUNS = 2  # of each case in a round; the better one counts
ONE_RUN_FROM = 2_000  # prompt tokens in all: a case with more has one run
GREEDY = 200  # tokens of one text, whose logits are compared

Figures = dict[str, list[float]]  # the name of a figure, and its value in each round


def measure(contenders: Sequence[Contender], checkpoint: Path, environments: Path, rounds: int) -> dict[str, Figures]:
    """All figures of all contenders by name.

    A contender's figures are "load" and "cold", the seconds until its process is ready and until
    it has returned its first token; "peak", the bytes of memory with one text; for each case "first
    BATCH PAST", the seconds until the first tokens, and "rate BATCH PAST", tokens per second; "slower",
    see ``slower``; and "read", the bandwidth just before or just after the first case, whichever is larger,
    because on a machine that shares its memory with others it changes from one second to the next.
    """
    all_figures: dict[str, Figures] = defaultdict(lambda: defaultdict(list))
    for round in range(rounds):
        turn = round % len(contenders)
        order = [*contenders[turn:], *contenders[:turn]]
        with ExitStack() as stack:
            workers = []
            for contender in order:
                say(f"round {round + 1} of {rounds}: loading {contender.name}")
                worker = stack.enter_context(closing(Worker(contender, checkpoint, environments)))
                first = worker.ask("generate", prompts=CASES[0].prompts, steps=0)["first"]
                all_figures[contender.name]["load"].append(worker.load)
                all_figures[contender.name]["cold"].append(worker.load + first)
                workers.append(worker)
            for case in CASES:
                say(f"round {round + 1} of {rounds}: batch {case.batch}, past {case.past}")
                for worker in workers:
                    figures = all_figures[worker.contender.name]
                    read = read_bandwidth(CORES) if case is CASES[0] else 0.0
                    runs = [
                        worker.ask("generate", prompts=case.prompts, steps=case.steps)
                        for _ in range(RUNS if case.batch * case.past < ONE_RUN_FROM else 1)
                    ]
                    figures[f"first {case.batch} {case.past}"].append(min(run["first"] for run in runs))
                    rates = [case.batch / statistics.median(run["steps"]) for run in runs]
                    figures[f"rate {case.batch} {case.past}"].append(max(rates))
                    if case is CASES[0]:
                        figures["read"].append(max(read, read_bandwidth(CORES)))
                    if case is LONGEST:
                        figures["slower"].append(slower(worker))
                        figures["peak"].append(worker.ask("memory")["peak"])
    return all_figures


def slower(worker: Worker) -> float:
    """How many times as long a token takes after a long past as after a short one, both measured in turn."""
    ratios = []
    for _ in range(TURNS):
        short, long = (
            statistics.median(worker.ask("generate", prompts=case.prompts, steps=case.steps)["steps"])
            for case in (CASES[0], LONGEST)
        )
        ratios.append(long / short)
    return statistics.median(ratios)


def compare(contenders: Sequence[Contender], checkpoint: Path, environments: Path) -> dict[str, dict[str, float]]:
    """How far each contender's logits are from the baseline's, and on how many of the tokens they agree.

    Without the baseline the result is empty, but all contenders are started: then what they compile or convert at
    their first start is ready.
    """
    accuracy = {}
    tokens = None
    prompt = Case(1, 16, 0).prompts[0]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "logits.npy"
        for contender in sorted(contenders, key=lambda contender: contender.name != BASELINE):
            say(f"starting {contender.name}")
            with closing(Worker(contender, checkpoint, environments)) as worker:
                if contender.name == BASELINE:
                    tokens = worker.ask("greedy", prompt=prompt, steps=GREEDY)["tokens"]
                if tokens is None:
                    continue
                worker.ask("score", prompt=prompt, tokens=tokens, file=str(file))
            logits = np.load(file)
            if contender.name == BASELINE:
                expected = logits
            accuracy[contender.name] = {
                "difference": float(np.abs(logits - expected).max()),
                "agreement": int((logits.argmax(axis=-1) == tokens).sum()),
            }
    return accuracy


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
