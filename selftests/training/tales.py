"""A text to train on: little tales that anyone may use, in which things come again after many words."""

import random

NAMES = "Ada Ben Cleo Dan Eva Finn Gus Hal Ivy Jon Kit Lea Max Nora".split()
THINGS = "kite drum boat lamp coat bell ring book cake rope comb flute".split()
COLOURS = "red blue green white black golden silver brown".split()
PLACES = "barn garden tower forest harbour market kitchen attic".split()


def tales(seed: int, count: int) -> str:
    """So many tales, a line each."""
    random_ = random.Random(seed)
    lines = []
    for _ in range(count):
        who, friend = random_.sample(NAMES, 2)
        thing, colour, place = random_.choice(THINGS), random_.choice(COLOURS), random_.choice(PLACES)
        lines.append(
            f"{who} went to the {place} with {friend} and found a {colour} {thing}. Nobody knew whose {thing} it was, "
            f"so {friend} took the {colour} {thing} home, and {who} stayed in the {place} until it was dark."
        )
    return "\n".join(lines) + "\n"
