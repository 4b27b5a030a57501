"""On a GPU each figure is a row at once, and a contender that fails is a row that says so. Here contenders are toys."""

import json
import time
from pathlib import Path

import pytest

from benchmarks.peers import checkpoint, gpu
from benchmarks.peers.contenders import Contender
from benchmarks.peers.measure import Case
from benchmarks.peers.worker import Worker

TOY = """
import atexit, os, pathlib, sys
from benchmarks.peers.protocol import DEVICE, serve

class Toy:
    def __init__(self, checkpoint, weights):
        if weights == "broken":
            raise SystemExit(3)
        atexit.register(pathlib.Path(os.environ["TOY_ENDED"]).write_text, DEVICE)

    def generate(self, prompts, steps, on_tokens):
        for _ in range(1 + steps):
            on_tokens([1] * len(prompts))

serve(Toy)
"""


@pytest.fixture
def toys(put_worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Two contenders, of which the first one is broken, and small cases."""
    put_worker("toy", TOY)
    monkeypatch.setenv("TOY_ENDED", str(tmp_path / "ended"))
    monkeypatch.setitem(checkpoint.SIZES, "tiny", {"n_embd": 8, "n_layer": 1, "n_head": 2})
    monkeypatch.setattr(gpu, "FOLDER", tmp_path)
    monkeypatch.setattr(gpu, "read_bandwidth", lambda threads: 1e9)
    monkeypatch.setattr(gpu, "FIRSTS", (Case(1, 4, 0),))
    monkeypatch.setattr(gpu, "RATES", (Case(1, 4, 3), Case(2, 4, 3)))
    toys = [Contender("bad", "toy", "broken"), Contender("good", "toy", "float32")]
    monkeypatch.setattr(gpu, "contenders", lambda weights: toys)
    return tmp_path


def test_every_row_is_in_the_file_and_a_failure_is_one(toys, capsys):
    gpu.run(["tiny"], "cpu")
    lines = (toys / "gpu.jsonl").read_text().splitlines()
    assert lines == capsys.readouterr().out.splitlines()
    first, bad, *good = map(json.loads, lines)
    assert first["device"] == "cpu" and first["bytes per second"] == 1e9
    assert bad["contender"] == "bad" and bad["failed"] == "bad ended with exit code 3"
    assert {row["contender"] for row in good} == {"good"}
    load, token, one, two = good
    assert load["load, s"] > 0 and (token["first token after"], one["batch"], two["batch"]) == (4, 1, 2)
    assert one["share of the bandwidth"] > 0 and "share of the bandwidth" not in two


def test_a_row_is_written_before_the_next_one_is_measured(toys):
    rows = gpu.rows(["tiny"], "cpu", toys)
    assert "device" in next(rows)
    assert not (toys / "gpt2-tiny").exists()


def test_a_worker_knows_its_device_and_ends_by_itself(toys):
    worker = Worker(Contender("toy", "toy", "float32"), toys, toys, "gpu")
    began = time.monotonic()
    worker.close()
    assert (toys / "ended").read_text() == "gpu" and time.monotonic() - began < 10
