"""The model that comes with the course tells stories, and loses its words when it runs hot."""

import os
import re
import subprocess
import sys
from itertools import islice

import pytest

from course.curriculum.steps import ROOT
from models.storyteller.training.stories import TRAINING_SEED, stories


@pytest.fixture(scope="module")
def vocabulary() -> set[str]:
    """The words of the grammar that the model was trained on."""
    return {word for story in islice(stories(TRAINING_SEED), 2000) for word in words(story)}


def words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def story(*arguments: str) -> str:
    """What the command writes."""
    command = [sys.executable, "-m", "course", "generate", *arguments]
    told = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=True)
    return told.stdout


def test_at_its_usual_temperature_it_tells_a_story_and_with_a_seed_the_same_one(vocabulary):
    told = story("--seed", "1")
    assert told.startswith("Once upon a time") and told.endswith("\n")
    spoken = words(told)
    assert len(spoken) > 30
    assert sum(word in vocabulary for word in spoken) >= 0.97 * len(spoken)
    assert told == story("--seed", "1")


def test_at_temperature_one_and_a_half_it_falls_apart(vocabulary):
    spoken = words(story("--seed", "1", "--temperature", "1.5"))
    assert sum(word in vocabulary for word in spoken) < 0.9 * len(spoken)
