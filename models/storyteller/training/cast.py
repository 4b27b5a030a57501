"""Who and what is in a story: the words for characters and things, and the dice that cast them."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

Option = TypeVar("Option")


def with_article(noun: str) -> str:
    """Put "a" or "an" before a noun phrase; no word here starts with a silent h or a "you" sound."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


@dataclass(frozen=True)
class Noun:
    """A thing: `str()` is its full name (`red kite`), `the` drops the adjective (`the kite`)."""

    noun: str
    adjective: str = ""

    def __str__(self) -> str:
        return f"{self.adjective} {self.noun}".strip()

    @property
    def plural(self) -> bool:
        return self.noun.endswith("s")

    @property
    def a(self) -> str:
        return f"some {self}" if self.plural else with_article(str(self))

    @property
    def the(self) -> str:
        return f"the {self.noun}"

    @property
    def it(self) -> str:
        return "them" if self.plural else "it"

    @property
    def they(self) -> str:
        return "they" if self.plural else "it"

    @property
    def was(self) -> str:
        return "were" if self.plural else "was"

    @property
    def is_(self) -> str:
        return "are" if self.plural else "is"


@dataclass(frozen=True)
class Helper:
    """Someone met on the way, without a name: `str()` is `the owl`, `a` is `an old owl`."""

    kind: str
    adjective: str

    def __str__(self) -> str:
        return f"the {self.kind}"

    @property
    def a(self) -> str:
        return with_article(f"{self.adjective} {self.kind}")


@dataclass(frozen=True)
class Character:
    """Someone with a name: `str()` is `Mia`, `a` is `a shy fox`."""

    name: str
    kind: str
    female: bool
    adjective: str = ""

    def __str__(self) -> str:
        return self.name

    @property
    def a(self) -> str:
        return with_article(f"{self.adjective} {self.kind}")

    @property
    def title(self) -> str:
        """`Mia the fox`; a child is only called by name."""
        return self.name if self.kind in ("girl", "boy") else f"{self.name} the {self.kind}"

    @property
    def he(self) -> str:
        return "she" if self.female else "he"

    @property
    def him(self) -> str:
        return "her" if self.female else "him"

    @property
    def his(self) -> str:
        return "her" if self.female else "his"


# The cast. Heroes neither fly, swim, climb, dig nor push rocks: that is what helpers are for.

GIRLS = "Mia Lily Rosa Nora Ada Ruby Poppy Luna".split()
BOYS = "Pip Tom Max Otto Finn Leo Hugo Sam".split()
CREATURES = (
    "fox hedgehog lamb piglet puppy pony donkey calf rabbit mouse badger hare elephant elf gnome hamster camel"
).split()
TRAITS = "little small young shy brave clever kind curious cheerful sleepy clumsy eager polite lonely".split()
HELPER_TRAITS = "old wise friendly big gentle quiet young kind grey ancient".split()
COLOURS = "red blue yellow green white silver golden orange new old".split()
TREES = [Noun(name + " tree") for name in "oak pine birch apple elm pear".split()]

HOMES = (
    "at the edge of a forest",
    "in a small village",
    "in a cottage by the sea",
    "under an old oak tree",
    "on a farm",
    "near a windmill",
    "beside a quiet lake",
    "in a green valley",
    "on top of a hill",
    "behind a tall mountain",
    "in a town with narrow streets",
    "on an island",
    "at the end of a long road",
    "in a house full of books",
    "between two rivers",
    "next to the old bakery",
)
PASTIMES = (
    "picked berries in the hills",
    "counted the clouds",
    "watched the boats go by",
    "listened to the birds",
    "swept the kitchen floor",
    "watered the flowers",
    "looked for shells and stones",
    "talked to the trees",
    "ate porridge with honey",
    "made up funny songs",
    "fed the hens",
    "sat on the wall and watched the road",
)
DAYS = (
    "one morning",
    "one sunny morning",
    "early one morning",
    "one day",
    "one fine day",
    "one afternoon",
    "one quiet afternoon",
    "one spring day",
    "one autumn morning",
    "one summer day",
    "on a cold morning",
    "on a Sunday",
)
NIGHTS = ("one night", "one dark night", "late one evening", "one stormy night", "one winter night")

# Roles that are cast when a sentence first names them.
ROLES = {
    "home": HOMES,
    "pastime": PASTIMES,
    "day": DAYS,
    "night": NIGHTS,
    "tree": TREES,
}


class Teller:
    """Makes the choices of one story with the random numbers of `rng`.

    `cast` maps the names in the templates to characters and things. `nats`
    adds up the surprise of all choices: minus the log-probability of the way
    in which the story was derived.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.nats = 0.0
        self.cast = Cast(self)

    def pick(self, options: Sequence[Option]) -> Option:
        """Pick one of `options`, each as likely as the others."""
        self.nats += math.log(len(options))
        # Only `random()` is promised to give the same numbers on every Python version; `choice` is not.
        return options[int(self.rng.random() * len(options))]

    def cast_hero(self) -> None:
        female = self.pick((True, False))
        name = self.pick(GIRLS if female else BOYS)
        # One hero in four is a child.
        kind = self.pick(CREATURES) if self.pick((True, True, True, False)) else ("girl" if female else "boy")
        self.cast["hero"] = Character(name, kind, female)

    def describe_hero(self) -> None:
        self.cast["hero"] = replace(self.cast["hero"], adjective=self.pick(TRAITS))

    def cast_helper(self, kind: str) -> None:
        self.cast["helper"] = Helper(kind, self.pick(HELPER_TRAITS))


class Cast(dict[str, Any]):
    """Who and what is in a story, by role; a role in `ROLES` is filled when it is first asked for."""

    def __init__(self, teller: Teller) -> None:
        self.teller = teller

    def __missing__(self, role: str) -> str | Noun:
        self[role] = self.teller.pick(ROLES[role])
        return self[role]
