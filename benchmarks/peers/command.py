"""``./run bench peers``: how fast the engine is beside its peers, in one run on one machine.

Every contender gets the same random weights, in float32 or quantized by itself, the same prompts
and all cores, and takes the likeliest token each time. Each is called as its authors mean it to be
when speed counts: transformers with its own cache and fused attention, without the overhead of
``generate``; CTranslate2 as a whole loop in C++. Only one computes at a time, the others are
stopped; what is compared is measured one right after the other, and the best round counts: it
was disturbed least. That all compute the same is part of the result.
"""

import json
import platform
import subprocess
from pathlib import Path

from benchmarks.peers.checkpoint import parameter_count, write_checkpoint
from benchmarks.peers.contenders import CONTENDERS, Contender, python_of
from benchmarks.peers.measure import compare, measure, say
from benchmarks.peers.protocol import CORES
from benchmarks.peers.record import write
from benchmarks.peers.report import tables
from benchmarks.peers.worker import WorkerError
from course.curriculum.steps import ROOT
from course.refusal import Refusal

FOLDER = ROOT / ".peers"  # the environments and the checkpoints: git ignores it


def run(size: str, rounds: int, only: list[str] | None, record: bool) -> None:
    """Measure and print the tables. With ``record`` they are put into the README and the book.

    Raises:
        Refusal: a contender is unknown, or has failed; or some are to be recorded as if they were all.
    """
    if only and record:
        raise Refusal("--record wants the figures of all contenders: leave --only out")
    contenders = _there(_chosen(only))
    checkpoint = write_checkpoint(size, FOLDER)
    try:
        accuracy = compare(contenders, checkpoint, FOLDER)  # what a first start compiles or converts is not timed
        found = measure(contenders, checkpoint, FOLDER, rounds)
    except WorkerError as error:
        raise Refusal(error) from error
    results = {
        "size": size,
        "parameters": parameter_count(size),
        "machine": f"{machine()}, {CORES} cores",
        "python": platform.python_version(),
        "contenders": {
            each.name: {
                "weights": each.weights,
                "versions": each.versions,
                "figures": found[each.name],
                **accuracy.get(each.name, {}),
            }
            for each in contenders
        },
    }
    (FOLDER / f"{size}.json").write_text(json.dumps(results))  # whatever happens to the rest
    print(tables(results))
    if record:
        write(results)


def machine() -> str:
    """The name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _chosen(only: list[str] | None) -> list[Contender]:
    names = [each.name for each in CONTENDERS]
    if unknown := [name for name in only or [] if name not in names]:
        raise Refusal(f"there is no contender {unknown[0]!r}; there are {', '.join(map(repr, names))}")
    return [each for each in CONTENDERS if only is None or each.name in only]


def _there(contenders: list[Contender]) -> list[Contender]:
    """Those whose packages can be installed; ours always is."""
    there = []
    for contender in contenders:
        try:
            python_of(contender, FOLDER)
            there.append(contender)
        except subprocess.CalledProcessError:
            say(f"{contender.name} is left out: its packages cannot be installed")
    return there
