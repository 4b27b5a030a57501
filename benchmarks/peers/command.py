"""``./run bench peers``: how fast the engine is beside its peers, in one run on one machine.

benchmarks/README.md says how they are measured.
"""

import json
import platform
from pathlib import Path

from benchmarks.peers.checkpoint import config_of, write_checkpoint
from benchmarks.peers.contenders import CONTENDERS, Contender, python_of
from benchmarks.peers.measure import compare, measure, say
from benchmarks.peers.protocol import CORES
from benchmarks.peers.record import write
from benchmarks.peers.report import tables
from benchmarks.peers.worker import WorkerError
from course.curriculum.steps import ROOT
from course.refusal import Refusal
from gpt2.cost import parameter_count

FOLDER = ROOT / ".peers"  # the environments and the checkpoints: git ignores it


def run(size: str, rounds: int, only: list[str] | None, record: bool) -> None:
    """Measure, and print the tables. With ``record`` the figures are also written where ``record.py`` says.

    Raises:
        Refusal: a contender is unknown or has failed, or only some are to be recorded.
    """
    if only and record:
        raise Refusal("--record needs the figures of all contenders: leave out --only")
    contenders = _there(_chosen(only))
    checkpoint = write_checkpoint(size, FOLDER)
    try:
        accuracy = compare(contenders, checkpoint, FOLDER)  # first, so that no first start of a contender is timed
        figures = measure(contenders, checkpoint, FOLDER, rounds)
    except WorkerError as error:
        raise Refusal(str(error)) from error
    results = {
        "size": size,
        "parameters": parameter_count(config_of(size)),
        "machine": f"{machine()}, {CORES} cores",
        "python": platform.python_version(),
        "contenders": {
            each.name: {
                "weights": each.weights,
                "versions": each.versions,
                "figures": figures[each.name],
                **accuracy.get(each.name, {}),
            }
            for each in contenders
        },
    }
    (FOLDER / f"{size}.json").write_text(json.dumps(results))  # first, so that no figure is lost if what follows fails
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
        raise Refusal(f"--only {unknown[0]}: there is no such contender; there are {', '.join(map(repr, names))}")
    return [each for each in CONTENDERS if only is None or each.name in only]


def _there(contenders: list[Contender]) -> list[Contender]:
    """The contenders whose packages can be installed. Ours needs none."""
    there = []
    for contender in contenders:
        try:
            python_of(contender, FOLDER)
            there.append(contender)
        except Refusal as refusal:
            say(f"{contender.name} is left out: {refusal}")
    return there
