"""How fast the engine is beside its peers: ``./run bench peers``."""

import argparse
import json
import os
import platform
from pathlib import Path

from course.todos import ROOT

from benchmarks.peers.checkpoint import SIZES, write_checkpoint
from benchmarks.peers.contenders import CONTENDERS, Contender
from benchmarks.peers.measure import compare, measure, say
from benchmarks.peers.protocol import CORES
from benchmarks.peers.report import tables
from benchmarks.peers.worker import WorkerError

FOLDER = ROOT / ".peers"


def machine() -> str:
    """The name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=SIZES, default="124M")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=[each.name for each in CONTENDERS])
    arguments = parser.parse_args()
    contenders = [each for each in CONTENDERS if not arguments.only or each.name in arguments.only]
    checkpoint = write_checkpoint(arguments.size, FOLDER)
    accuracy = compare(contenders, checkpoint, FOLDER)  # which also installs, converts and compiles
    found = measure(contenders, checkpoint, FOLDER, arguments.rounds)
    results = {
        "size": arguments.size,
        "bytes": (checkpoint / "model.safetensors").stat().st_size,
        "machine": machine(),
        "cores": CORES,
        "rounds": arguments.rounds,
        "read": found["machine"]["read"],
        "contenders": {
            each.name: {
                "weights": each.weights,
                "versions": each.versions,
                "figures": found[each.name],
                **accuracy[each.name],
            }
            for each in contenders
        },
    }
    (FOLDER / "results.json").write_text(json.dumps(results, indent=1))
    print(tables(results))


if __name__ == "__main__":
    main()
