"""./run train makes a model that predicts what it never read, and the checkpoint is what its card says.

What is judged is the checkpoint, by the oracle in NumPy, which knows nothing of PyTorch: weights that were stored
wrongly would predict nothing.
"""

import json
import math
import re
from collections import Counter

import numpy as np
import pytest
from safetensors.numpy import load_file

from course.grading.trial import oracle
from gpt2.checkpoint import open_checkpoint, weights_of
from gpt2.tokenizer import load_tokenizer
from selftests.checkpoints import oracle_parameters
from training.sizes import SIZES
from training.text import split
from training.tokenizer import encode_documents

COMMAND = ["--size", "tiny", "--steps", "240", "--seed", "1"]


@pytest.fixture(scope="module")
def trained(start, text, tmp_path_factory):
    """The folder of a trained model, and what was printed."""
    folder = tmp_path_factory.mktemp("trained") / "tales"
    process = start(text, *COMMAND, "--to", folder)
    printed, errors = process.communicate()
    assert process.returncode == 0, errors
    return folder, printed, errors


@pytest.fixture(scope="module")
def ids(trained, text):
    """The tokens of what was trained on, and of what was held out."""
    folder, _, _ = trained
    tokenizer = load_tokenizer(folder, open_checkpoint(folder).config.vocab_size)
    training, held_out = split(text.read_text())
    return [encode_documents(tokenizer, part)[0] for part in (training, held_out)]


@pytest.fixture(scope="module")
def nats(trained, ids):
    """Minus the logarithm of the probability of what was held out, as the oracle computes it from the checkpoint."""
    folder, _, _ = trained
    parameters = oracle_parameters(load_file(folder / "model.safetensors"))
    length, total = SIZES["tiny"].n_positions, 0.0
    for first in range(0, len(ids[1]) - 1, length):
        window = ids[1][first : first + length + 1]
        logits = oracle.language_model(window[:-1], parameters, SIZES["tiny"].n_head, 1e-5)
        logits = logits - logits.max(axis=-1, keepdims=True)
        log_probabilities = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
        total -= log_probabilities[np.arange(len(window) - 1), window[1:]].sum()
    return total


def trigram_nats(training, held_out, vocab_size):
    """The same of a model that counts: one, two and three tokens in a row, mixed with weights that suit this text."""
    counts = [Counter(zip(*(training[first:].tolist() for first in range(n)))) for n in (1, 2, 3)]
    contexts = [Counter(zip(*(training[first:-1].tolist() for first in range(n)))) for n in (1, 2)]
    text, total = held_out.tolist(), 0.0
    for place in range(1, len(text)):
        one, two, three = (tuple(text[place - n : place + 1]) for n in (0, 1, 2))
        p = 0.01 / vocab_size + 0.04 * counts[0][one] / len(training)
        for share, n, gram in ((0.25, 0, two), (0.7, 1, three)):
            if contexts[n][gram[:-1]]:
                p += share * counts[n + 1][gram] / contexts[n][gram[:-1]]
        total -= math.log(p)
    return total


def test_it_predicts_better_than_a_trigram_model(nats, ids):
    training, held_out = ids
    tokens = len(held_out) - 1
    counted = trigram_nats(training, held_out, max(training) + 1)
    assert math.exp(nats / tokens) < 0.9 * math.exp(counted / tokens)


def test_perplexity_and_bits_per_byte_are_those_of_the_checkpoint(trained, nats, ids, text):
    _, printed, _ = trained
    size = len(split(text.read_text())[1][0].encode())
    told = re.match(r"([\d.]+) perplexity per token, ([\d.]+) bits per byte, on ([\d,]+) bytes", printed)
    assert float(told[1]) == pytest.approx(math.exp(nats / (len(ids[1]) - 1)), abs=0.006)
    assert float(told[2]) == pytest.approx(nats / math.log(2) / size, abs=0.0006)
    assert told[3] == f"{size:,}"


def test_the_engine_takes_the_checkpoint(trained):
    folder, printed, _ = trained
    checkpoint = open_checkpoint(folder)
    assert checkpoint.config == SIZES["tiny"].config(checkpoint.config.vocab_size)
    assert all(np.isfinite(weight).all() for weight in weights_of(checkpoint).values())
    tokenizer = load_tokenizer(folder, checkpoint.config.vocab_size)
    assert checkpoint.eos_token_ids == (tokenizer.token_to_id("<|endoftext|>"),)
    assert "./run generate --checkpoint " in printed


def test_the_folder_holds_the_checkpoint_the_card_and_the_curves_and_no_state(trained):
    files = {path.name for path in trained[0].iterdir()}
    assert files == {
        *("config.json", "model.safetensors", "tokenizer.json"),
        *("README.md", "loss.svg", "training.json"),
    }


def test_the_card_names_data_losses_and_command(trained, text):
    folder, printed, _ = trained
    card = (folder / "README.md").read_text()
    assert f"`tales.txt`, {text.stat().st_size:,} bytes" in card
    assert "./run train tales.txt --size tiny --steps 240 --seed 1\n" in card
    assert f"| {printed.split()[0]} |" in card


def test_meanwhile_it_tells_both_losses_the_time_left_and_samples(trained, text):
    folder, _, errors = trained
    looks = json.loads((folder / "training.json").read_text())["result"]["looks"]
    told = re.findall(r"^step (\d+) of 240: loss ([\d.]+), held out ([\d.]+), .+ left$", errors, re.MULTILINE)
    assert told == [(str(look["step"]), f"{look['training']:.3f}", f"{look['held_out']:.3f}") for look in looks]
    assert len(looks) == 40 and looks[-1]["held_out"] < 0.5 * looks[0]["held_out"]
    beginning = " ".join(split(text.read_text())[1][0].split(" ")[:5])
    assert errors.count(beginning) == 5


def test_the_same_command_again_trains_nothing_and_another_is_refused(trained, start, text):
    folder, _, _ = trained
    before = (folder / "model.safetensors").stat().st_mtime_ns
    printed, errors = start(text, *COMMAND, "--to", folder).communicate()
    assert "was made by this very command before" in printed and errors == ""
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    process = start(text, *COMMAND[:-1], "2", "--to", folder)
    assert "holds another training, with seed 1, not 2. --to FOLDER" in process.communicate()[1]
    assert process.returncode == 2
