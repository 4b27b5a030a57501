"""The benchmark measures what it says, without its peers: workers are toys, and figures are made up."""

import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest

from benchmarks.peers import bandwidth, checkpoint, command, contenders, measure
from benchmarks.peers.contenders import BASELINE, Contender
from benchmarks.peers.measure import Case
from benchmarks.peers.record import fill, write
from benchmarks.peers.report import ROWS, Row, read_results, table, tables
from benchmarks.peers.worker import Worker, WorkerError
from course.curriculum.steps import ROOT
from course.refusal import Refusal
from gpt2.checkpoint import open_checkpoint, weights_of
from gpt2.cost import parameter_count

# Counts upwards: after 5 comes 6. Its flaws are asked for by the name of the weights.
TOY = """
import os
import numpy as np
from benchmarks.peers.protocol import serve

class Toy:
    def __init__(self, checkpoint, weights):
        self.flaw = weights
        os.write(1, b"a library says hello\\n")
        if self.flaw == "broken":
            raise SystemExit(3)

    def generate(self, prompts, steps, on_tokens):
        tokens = np.array([prompt[-1] for prompt in prompts])
        for _ in range(steps + (self.flaw != "lazy")):
            tokens = tokens + 1
            on_tokens(tokens)

    def score(self, prompt, tokens):
        logits = np.zeros((len(tokens), 50257))
        logits[np.arange(len(tokens)), tokens] = 1
        if self.flaw == "wrong":
            logits[1, 0] = 1.5
        return logits

serve(Toy)
"""


@pytest.fixture
def toy(put_worker):
    """Contenders whose model is the toy."""
    put_worker("toy", TOY)
    return lambda flaw="none", name="a toy": Contender(name, "toy", flaw)


def test_a_worker_answers_and_what_its_libraries_print_is_no_answer(toy, tmp_path):
    with closing(Worker(toy(), tmp_path, tmp_path)) as worker:
        assert worker.load > 0
        assert worker.ask("greedy", prompt=[9, 5], steps=3) == {"tokens": [6, 7, 8]}
        answer = worker.ask("generate", prompts=[[1, 2], [3, 4]], steps=4)
        assert answer["first"] > 0 and len(answer["steps"]) == 4
        assert 5e6 < worker.ask("memory")["peak"] < 1e9  # bytes


def test_an_idle_worker_takes_no_time_from_the_others(toy, tmp_path):
    with closing(Worker(toy(), tmp_path, tmp_path)) as worker:
        for _ in range(2):
            state = subprocess.run(["ps", "-o", "state=", str(worker.pid)], capture_output=True, text=True).stdout
            assert state.strip().startswith("T")
            worker.ask("memory")


def test_a_worker_that_ends_is_named(toy, tmp_path):
    with pytest.raises(WorkerError, match="a toy ended with exit code 3"):
        Worker(toy("broken"), tmp_path, tmp_path)


def test_a_step_that_was_left_out_is_no_speed(toy, tmp_path):
    with closing(Worker(toy("lazy"), tmp_path, tmp_path)) as worker, pytest.raises(WorkerError):
        worker.ask("generate", prompts=[[1, 2]], steps=4)


def test_every_contender_has_every_figure_of_every_round(toy, tmp_path, monkeypatch):
    cases = [Case(1, 32, 2), Case(1, 512, 1), Case(1, 900, 2), Case(2, 32, 2)]
    monkeypatch.setattr(measure, "CASES", cases)
    monkeypatch.setattr(measure, "LONGEST", cases[2])
    monkeypatch.setattr(measure, "read_bandwidth", lambda threads: 1e9)
    found = measure.measure([toy(name="one"), toy(name="two")], tmp_path, tmp_path, rounds=2)
    assert set(found) == {"one", "two"}
    rates = {f"{kind} {case.batch} {case.past}" for kind in ("first", "rate") for case in cases}
    for name in ("one", "two"):
        assert set(found[name]) == {"load", "cold", "peak", "read", "slower", *rates}
        assert all(len(values) == 2 and min(values) > 0 for values in found[name].values())


def test_a_model_that_computes_something_else_is_seen(toy, tmp_path):
    found = measure.compare([toy("wrong"), toy(name="same"), toy(name=BASELINE)], tmp_path, tmp_path)
    assert found[BASELINE] == found["same"] == {"difference": 0, "agreement": measure.GREEDY}
    assert found["a toy"] == {"difference": 1.5, "agreement": measure.GREEDY - 1}


def test_prompts_are_the_same_for_all_and_differ_among_each_other():
    case = Case(4, 32, 16)
    assert case.prompts == case.prompts
    assert len({tuple(prompt) for prompt in case.prompts}) == 4


def test_the_sizes_are_those_of_gpt2():
    assert parameter_count(checkpoint.config_of("124M")) == 124_439_808
    assert parameter_count(checkpoint.config_of("355M")) == 354_823_168


def test_the_random_checkpoint_is_one_that_the_engine_loads(tmp_path, monkeypatch):
    monkeypatch.setitem(checkpoint.SIZES, "tiny", {"n_embd": 8, "n_layer": 2, "n_head": 2})
    written = open_checkpoint(str(checkpoint.write_checkpoint("tiny", tmp_path)))
    assert (written.config.n_embd, written.config.n_layer, written.config.n_head) == (8, 2, 2)
    weights = weights_of(written)
    assert sum(weight.size for weight in weights.values()) == parameter_count(checkpoint.config_of("tiny"))


def test_a_checkpoint_is_written_once_and_whole(tmp_path, monkeypatch):
    monkeypatch.setitem(checkpoint.SIZES, "tiny", {"n_embd": 8, "n_layer": 1, "n_head": 2})
    first = checkpoint.write_checkpoint("tiny", tmp_path)
    before = (first / "model.safetensors").stat().st_mtime_ns
    assert checkpoint.write_checkpoint("tiny", tmp_path) == first
    assert (first / "model.safetensors").stat().st_mtime_ns == before
    assert [path.name for path in tmp_path.iterdir()] == ["gpt2-tiny"]


def test_bandwidth_counts_bytes_that_were_read(monkeypatch):
    read = []
    monkeypatch.setattr(bandwidth, "SIZE", 8_000)
    monkeypatch.setattr(bandwidth, "READERS", {"count": lambda part: read.append(part.nbytes)})
    assert bandwidth.read_bandwidth(2) > 0
    assert read == [4_000] * 2 * bandwidth.RUNS


def test_a_long_past_is_compared_with_a_short_one_in_turn():
    """Of a machine that gets four times as slow meanwhile, and of a token that is disturbed, nothing is seen."""
    pasts = []

    class Slowing:
        def ask(self, what, prompts, steps):
            pasts.append(len(prompts[0]))
            time = 2.0 if len(pasts) > 6 else 0.5
            return {"steps": [time * (1.5 if pasts[-1] == 900 else 1)] * (steps - 1) + [99.0]}

    assert measure.slower(Slowing()) == 1.5
    assert pasts == [32, 900] * measure.TURNS


@pytest.mark.parametrize("reader", bandwidth.READERS)
def test_a_reader_reads_all(reader):
    assert bandwidth.READERS[reader](np.zeros(10, np.int64)) == 0
    for index in range(10):
        memory = np.zeros(10, np.int64)
        memory.view(np.float32)[2 * index] = 1
        assert bandwidth.READERS[reader](memory) != 0


# Tables


def results(**contenders: dict) -> dict:
    return {
        "size": "124M",
        "parameters": 1000,
        "machine": "a machine",
        "python": "3.11",
        "contenders": contenders,
    }


def contender(seconds: float, rate: float, weights: str = "float32") -> dict:
    figures = {row.figure: [seconds, 2 * seconds] if row.best is min else [rate, rate / 2] for row in ROWS}
    figures["slower"] = [1.1, 1.2, 9.0]
    figures["read"] = [40e3, 20e3]  # the machine reads half as fast in the second round
    return {"weights": weights, "versions": "some 1.0", "figures": figures, "difference": 2e-5, "agreement": 200}


def lines(text: str) -> dict[str, list[str]]:
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines()]
    return {title: rest for title, *rest in cells}


def test_less_seconds_and_more_tokens_per_second_are_better():
    less, more = Row("", "x", min), Row("", "x", max)
    two, three = {"figures": {"x": [2.0]}}, {"figures": {"x": [3.0]}}
    assert less.ratio(two, three) == more.ratio(three, two) == 1.5
    assert less.ratio(three, two) == more.ratio(two, three) == pytest.approx(2 / 3)


def test_the_table_tells_the_best_round_the_ratio_and_the_share_of_the_roofline():
    found = lines(table(results(ours=contender(2, 8), peer=contender(3, 4)), "float32"))
    assert found["float32"] == ["ours", "peer"]
    assert found["load, s"] == ["2.00", "3.00 (1.50 ×)"]
    assert found["tokens/s, batch 16, after 900"] == ["8.0", "4.0 (2.00 ×)"]
    assert found["time of a token after 900 / after 32"] == ["1.20", "1.20"]
    assert found["share of what memory allows, batch 1"] == ["80%", "40%"]  # 40 kB/s over 4 kB
    assert found["same greedy tokens, of 200"] == ["200", "200"]


def test_weights_of_one_byte_have_a_table_and_a_roofline_of_their_own():
    text = tables(
        results(ours=contender(2, 8), **{"ours int8": contender(1, 20, "int8"), "X int8": contender(1, 10, "int8")})
    )
    float32, int8, where, cost = text.split("\n\n")
    assert lines(float32)["float32"] == ["ours"]
    assert lines(int8)["int8"] == ["ours", "X"]
    assert lines(int8)["load, s"] == ["1.00", "1.00 (1.00 ×)"]
    assert lines(int8)["share of what memory allows, batch 1"] == ["50%", "25%"]  # 40 kB/s over 1 kB
    assert "a machine" in where and "some 1.0" in where
    assert cost.startswith("A token after 900 others takes 0.28 billion") and "0 (int8) MB of weights" in cost


def test_peers_without_ours_have_no_ratio():
    assert "×" not in table(results(peer=contender(3, 4)), "float32")


def test_only_the_marked_block_is_filled():
    found = results(ours=contender(2, 8))
    page = "before\n\n<!-- bench peers -->\nold\n<!-- end -->\nafter\n"
    filled = fill(page, found)
    assert filled.startswith("before\n") and filled.endswith("<!-- end -->\nafter\n")
    assert tables(found) in filled and "old" not in filled
    assert fill(filled, found) == filled
    with pytest.raises(ValueError, match="0 blocks"):
        fill("before\nafter\n", found)


def test_the_readme_beside_the_benchmarks_shows_what_was_recorded():
    assert tables(read_results("124M")) in (ROOT / "benchmarks" / "README.md").read_text("utf-8")


def test_results_are_recorded_in_a_file_and_in_the_readme(tmp_path):
    (tmp_path / "peers").mkdir()
    readme = tmp_path / "README.md"
    readme.write_text("<!-- bench peers -->\nold\n<!-- end -->\n")
    measured = results(ours=contender(2, 8))
    write(measured, tmp_path)
    assert read_results("124M", tmp_path / "peers") == measured
    assert tables(measured) in readme.read_text()
    write(measured | {"size": "355M"}, tmp_path)  # which the README does not show
    assert read_results("355M", tmp_path / "peers")["size"] == "355M"
    assert "355M" not in readme.read_text()


# The command


def test_unknown_contenders_are_refused_with_their_names():
    with pytest.raises(Refusal, match="--only nobody: there is no such contender; there are 'ours', .*'transformers'"):
        command.run("124M", 1, ["nobody"], record=False)


def test_some_figures_are_not_recorded_as_if_they_were_all():
    with pytest.raises(Refusal, match="--only"):
        command.run("124M", 1, ["ours"], record=True)


def test_a_peer_that_cannot_be_installed_is_left_out(tmp_path, monkeypatch, capsys):
    def refuse(requirements, environment):
        raise Refusal(f"{requirements[0]} cannot be installed: no network")

    monkeypatch.setattr(contenders, "python_with", refuse)
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    ours, peer = Contender("ours", "ours"), Contender("peer", "peer", requirements=("peer==1.0",))
    assert command._there([peer, ours]) == [ours]
    assert "peer is left out: peer==1.0 cannot be installed: no network" in capsys.readouterr().err


def test_a_peer_has_the_environment_of_its_worker_and_ours_has_the_courses(tmp_path, monkeypatch):
    monkeypatch.setattr(contenders, "python_with", lambda requirements, environment: f"{environment} {requirements}")
    peer = Contender("peer 2", "peer", requirements=("peer==1",))
    assert contenders.python_of(peer, tmp_path) == f"{tmp_path}/peer {peer.requirements}"
    assert contenders.python_of(Contender("ours", "ours"), tmp_path) == sys.executable
