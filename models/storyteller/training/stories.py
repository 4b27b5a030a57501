"""A grammar of small English stories: the data that the shipped checkpoint learns from.

A story has one hero who wants something, something that stands in the way, an
attempt, and an ending that follows from it; the same characters and things
stay in it throughout. `cast` knows who can be in a story, `plots`
what can happen; telling a story means to cast the characters and to pick one
sentence for each beat of a plot.
"""

import itertools
import random
import re
from collections.abc import Collection, Iterator

from models.storyteller.training.cast import Teller
from models.storyteller.training.plots import PLOTS, Beat

TRAINING_SEED, TRAINING_COUNT = 1, 60_000
HELD_OUT_SEED = 2

OPENINGS = (
    "Once upon a time, there was {hero.a} named {hero} who lived {home}.",
    "Once upon a time, {hero.a} named {hero} lived {home}.",
    "Once upon a time, {home}, there lived {hero.a} named {hero}.",
    "Long ago, {hero.a} named {hero} lived {home}.",
    "There was once {hero.a} named {hero} who lived {home}.",
    "{hero.a} named {hero} lived {home}.",
    "{hero} was {hero.a} who lived {home}.",
    "{home} lived {hero.a} named {hero}.",
    "This is the story of {hero}, {hero.a} who lived {home}.",
    "Many years ago, {home}, there was {hero.a} named {hero}.",
    "Everyone knew {hero}, {hero.a} who lived {home}.",
    "Do you know {hero}? {hero} was {hero.a} who lived {home}.",
)
HABITS = (
    "Every day, {hero.he} {pastime}.",
    "Every morning, {hero.he} {pastime}.",
    "In the evening, {hero.he} often {pastime}.",
)


def capitalize_sentences(text: str) -> str:
    """Upper-case the first letter of each sentence; `?" asked` and `!" cried` go on in lower case."""
    return re.sub(r'(?:^|[.!?] |\." )[a-z]', lambda match: match.group().upper(), text)


def opening(teller: Teller) -> list[Beat]:
    """Introduce the hero, or let the plot do it: `who` is what the plot first calls the hero."""
    teller.cast_hero()
    introduced = teller.pick((True, False))
    described = introduced or teller.pick((True, False))
    if described:
        teller.describe_hero()
    hero = teller.cast["hero"]
    if introduced:
        teller.cast["who"] = hero.he
        return [OPENINGS, HABITS] if teller.pick((True, False)) else [OPENINGS]
    teller.cast["who"] = f"{hero.a} named {hero}" if described else hero.title
    return []


def tell(teller: Teller) -> str:
    """Tell one story, a paragraph of 100 to 250 tokens, and leave its surprise in `teller.nats`."""
    beats = opening(teller)
    beats += teller.pick(PLOTS)(teller)
    return " ".join(capitalize_sentences(teller.pick(beat).format_map(teller.cast)) for beat in beats)


def stories(seed: int) -> Iterator[str]:
    """Tell stories without end. The same seed gives the same stories on every Python and platform."""
    rng = random.Random(seed)
    while True:
        yield tell(Teller(rng))


def training_stories() -> list[str]:
    return list(itertools.islice(stories(TRAINING_SEED), TRAINING_COUNT))


def held_out_stories(training: Collection[str], count: int) -> list[str]:
    """The first `count` stories of another seed that do not occur in `training`."""
    seen = set(training)
    return list(itertools.islice((text for text in stories(HELD_OUT_SEED) if text not in seen), count))
