"""What can happen in a story: eight plots.

A plot is a list of *beats*, and a beat is a tuple of sentences that would all
do at that place. The sentences are `str.format` templates over the cast. Only
the hero is "he" or "she"; everyone else is called by kind, so a pronoun never
points at two people. Every plot has several scenarios, and each has its own
things and helpers.
"""

from models.storyteller.training.plots.beats import Beat
from models.storyteller.training.plots.building import better_building
from models.storyteller.training.plots.gift import birthday_gift
from models.storyteller.training.plots.noise import night_noise
from models.storyteller.training.plots.pride import proud_hero
from models.storyteller.training.plots.sharing import one_for_two
from models.storyteller.training.plots.skill import new_skill
from models.storyteller.training.plots.treasure import lost_treasure
from models.storyteller.training.plots.way_home import way_home

__all__ = ["PLOTS", "Beat"]

PLOTS = (
    lost_treasure,
    new_skill,
    birthday_gift,
    night_noise,
    better_building,
    one_for_two,
    way_home,
    proud_hero,
)
