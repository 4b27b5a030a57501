"""The program that made the story model still makes one: a checkpoint of the shipped one's shape, from a few steps."""

import json
import subprocess

from course.curriculum.steps import ROOT
from gpt2.checkpoint import open_checkpoint, weights_of
from gpt2.tokenizer import load_tokenizer

PROGRAM = """
import itertools, sys
from pathlib import Path
from models.storyteller.training.stories import TRAINING_SEED, stories
from models.storyteller.training.train import make_checkpoint

make_checkpoint(Path(sys.argv[1]), list(itertools.islice(stories(TRAINING_SEED), 300)), steps=3)
"""


def test_a_few_steps_make_a_checkpoint(python, tmp_path):
    ran = subprocess.run([python, "-c", PROGRAM, tmp_path], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1].startswith("step     3  loss ")
    made, shipped = open_checkpoint(tmp_path), open_checkpoint(ROOT / "models/storyteller")
    assert (made.config, made.eos_token_ids) == (shipped.config, shipped.eos_token_ids)
    assert len(weights_of(made)) == len(weights_of(shipped))
    assert load_tokenizer(tmp_path, 1024).get_vocab_size() == 1024
    assert json.loads((tmp_path / "training.json").read_text())["tokens"] == 3 * 8 * 256
