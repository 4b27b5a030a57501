"""``./run bench peers --device gpu``: the engine on a GPU beside transformers and MAX's server, a row at a time.

A GPU may be at hand for minutes only. So each row is printed as JSON and appended to the file as soon as it is known,
the small model comes first, and a contender that fails is a row that says so. Nothing is installed: all run in the
Python that has them.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.peers.bandwidth import read_bandwidth, read_bandwidth_of_gpu
from benchmarks.peers.checkpoint import config_of, write_checkpoint
from benchmarks.peers.command import FOLDER, machine
from benchmarks.peers.contenders import Contender
from benchmarks.peers.measure import Case, say
from benchmarks.peers.protocol import CORES
from benchmarks.peers.worker import Worker, WorkerError
from gpt2.cost import parameter_count, weight_bytes

FIRSTS = (Case(1, 32, 0), Case(1, 512, 0))
RATES = (Case(1, 32, 128), Case(16, 32, 128), Case(64, 32, 128))
RUNS = 3  # of each case, of which the best counts; one run before does not, as it may compile
SIZES = {"124M": ("float32", "bfloat16"), "1.5B": ("bfloat16",)}  # and what their weights are stored as

Row = dict[str, Any]


def contenders(weights: str) -> list[Contender]:
    """Who is measured with these weights, the fastest to start first."""
    return [
        *([Contender("ours", "ours", weights)] if weights == "float32" else []),  # on a GPU the engine has no other
        Contender("transformers", "pytorch", weights),
        Contender("transformers, compiled", "pytorch_compiled", weights),
        Contender("max serve", "max_serve", weights),
    ]


def run(sizes: list[str], device: str, file: Path | None = None) -> None:
    """Measure, and write each row to standard output and to the end of a file, ``.peers/gpu.jsonl`` without one."""
    file = file or FOLDER / "gpu.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    for row in rows(sizes, device, FOLDER):
        line = json.dumps({"after": round(time.monotonic() - began, 1), **row})
        print(line, flush=True)
        with file.open("a") as lines:
            lines.write(line + "\n")


def rows(sizes: list[str], device: str, folder: Path) -> Iterator[Row]:
    """What is found, as it is found: first the machine, then each contender with each model."""
    bandwidth = read_bandwidth(CORES) if device == "cpu" else read_bandwidth_of_gpu()
    yield {"machine": machine(), "card": card(), "device": device, "bytes per second": bandwidth}
    for size in sizes:
        say(f"writing GPT-2 {size}")
        checkpoint = write_checkpoint(size, folder)
        for weights in SIZES.get(size, ("float32",)):
            limit = bandwidth and bandwidth / weight_bytes(parameter_count(config_of(size)), weights)
            for contender in contenders(weights):
                who = {"size": size, "weights": weights, "contender": contender.name}
                yield from (who | row for row in _measured(contender, checkpoint, folder, device, limit))


def _measured(contender: Contender, checkpoint: Path, folder: Path, device: str, limit: float | None) -> Iterator[Row]:
    """The rows of one contender; ``limit`` is how many tokens a second the memory allows a single text."""
    if contender.worker.startswith("pytorch") and not (find_spec("torch") and find_spec("transformers")):
        yield {"failed": "PyTorch or transformers is not here"}
        return
    say(f"starting {contender.name}, {contender.weights}")
    try:
        with closing(Worker(contender, checkpoint, folder, device)) as worker:
            yield {"load, s": worker.load}
            for case in FIRSTS:
                runs = [worker.ask("generate", prompts=case.prompts, steps=0)["first"] for _ in range(1 + RUNS)]
                yield {"first token after": case.past, "ms": 1e3 * min(runs[1:])}
            for case in RATES:
                answers = [worker.ask("generate", prompts=case.prompts, steps=case.steps) for _ in range(1 + RUNS)]
                # Of all steps together: tokens may come in blocks, so that a single step says nothing.
                rate = max(case.batch * case.steps / sum(answer["steps"]) for answer in answers[1:])
                row = {"batch": case.batch, "after": case.past, "tokens/s": rate}
                yield row | ({"share of the bandwidth": rate / limit} if limit and case.batch == 1 else {})
    except WorkerError as error:
        yield {"failed": str(error)}


def card() -> str | None:
    """The GPU's name, by NVIDIA's tool where it is there."""
    try:
        asked = subprocess.run(
            ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return asked.stdout.strip()
