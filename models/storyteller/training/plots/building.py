"""Plot 5: the hero builds something, and the first one breaks."""

from dataclasses import dataclass

from models.storyteller.training.cast import Noun, Teller
from models.storyteller.training.plots.beats import ARRIVALS, FEELINGS, THANKS, Beat


@dataclass(frozen=True)
class Project:
    """Something to build: of what it fails, how, and of what it succeeds."""

    noun: str
    poor: str
    failure: str
    good: str
    builder: str
    success: str


PROJECTS = (
    Project("boat", "bark", "it filled with water and sank", "planks", "captain", "sailed to the island and back"),
    Project("bridge", "reeds", "the rain washed it away", "stones", "beaver", "crossed the stream with dry feet"),
    Project("hut", "straw", "the wind blew it down", "bricks", "mason", "sat inside while the storm howled"),
    Project(
        "sled",
        "twigs",
        "it broke on the first hill",
        "oak wood",
        "carpenter",
        "raced down the hill in the snow",
    ),
    Project("swing", "grass", "it snapped at once", "rope", "spider", "flew so high that the sea came into view"),
    Project("cart", "mud", "the wheels fell off", "iron", "blacksmith", "drove to the market in the morning sun"),
    Project("kite", "leaves", "it fell apart in the air", "silk", "tailor", "let it climb above the clouds"),
    Project(
        "windmill",
        "paper",
        "a storm tore it to pieces",
        "cloth",
        "weaver",
        "ground enough flour for the whole winter",
    ),
    Project(
        "umbrella",
        "feathers",
        "the rain came through",
        "leather",
        "cobbler",
        "walked through the rain with a smile",
    ),
    Project("oven", "clay", "it cracked in the heat", "bricks", "potter", "baked potatoes for everyone"),
)


def better_building(teller: Teller) -> list[Beat]:
    project = teller.cast["project"] = teller.pick(PROJECTS)
    teller.cast_helper(project.builder)
    teller.cast["thing"] = Noun(project.noun)
    return [
        (
            "{day}, {who} decided to build {thing.a}.",
            "More than anything else, {who} wanted to have {thing.a}.",
            '{day}, {who} said, "I will build {thing.a}."',
            "{day}, {who} began to build {thing.a}.",
        ),
        (
            "{hero.he} made it of {project.poor}, but {project.failure}.",
            "First {hero.he} used {project.poor}, for that was easy, but {project.failure}.",
            "{hero.he} worked for three days with {project.poor}, and then {project.failure}.",
        ),
        FEELINGS,
        ARRIVALS,
        (
            '"Who builds {thing.a} of {project.poor}?" asked {helper}. "You need {project.good}."',
            '"Take {project.good} and not {project.poor}," said {helper}.',
            '"I made the same mistake once," said {helper}. "Now I use {project.good}."',
            '"Do not give up," said {helper}. "Try {project.good} this time."',
        ),
        (
            "So they fetched {project.good} and worked side by side.",
            "{helper} held the {project.good}, and {hero.he} did the rest.",
            "{hero.he} found {project.good} behind the barn and began again.",
            "It took longer this time, but {hero.he} was patient.",
        ),
        (
            "When {thing.the} was ready, {hero.he} {project.success}.",
            "At last, {thing.the} was strong and good, and {hero.he} {project.success}.",
            "A week later, {hero.he} {project.success}.",
        ),
        (
            "{hero.he} had learned that good things take time.",
            "To begin again is not to lose.",
            *THANKS,
            "{hero.he} took good care of {thing.the} for many years.",
        ),
    ]
