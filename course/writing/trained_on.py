"""What the story model was trained on, said where a prompt has words that it has never read."""

import re
from itertools import islice
from pathlib import Path

from course.curriculum.steps import STORYTELLER
from course.terminal import console
from models.storyteller.training.stories import TRAINING_SEED, stories

ENOUGH = 1000  # of its stories: they have all of its words

_WORD = re.compile(r"[^\W\d_]+")


def tell_of_unknown_words(prompt: str, checkpoint: Path) -> None:
    """Print a line to stderr where the story model cannot know what a prompt is about."""
    if checkpoint.resolve() != STORYTELLER.resolve() or not (words := unknown(prompt)):
        return
    console.err.print(
        f"The story model has never read {', '.join(words[:3])}: it was trained on fairy tales of animals and children "
        'alone. It knows how to go on from "Once upon a time" or "A little fox named Pip".',
        style="yellow",
        markup=False,
    )


def unknown(prompt: str) -> list[str]:
    """The words of a prompt that are in none of the stories, each once. A last word may be the beginning of one."""
    found = _WORD.findall(prompt)
    wanted = {word.lower(): word for word in found}
    last = found[-1].lower() if found and prompt.endswith(found[-1]) else ""
    for story in islice(stories(TRAINING_SEED), ENOUGH):
        if not wanted:
            break
        known = set(_WORD.findall(story.lower()))
        if last and any(word.startswith(last) for word in known):
            wanted.pop(last, None)
        wanted = {word: written for word, written in wanted.items() if word not in known}
    return list(wanted.values())
