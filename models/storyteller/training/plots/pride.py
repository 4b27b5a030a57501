"""Plot 8: pride comes before a fall."""

from dataclasses import dataclass

from models.storyteller.training.cast import Teller
from models.storyteller.training.plots.beats import Beat


@dataclass(frozen=True)
class Contest:
    """A boast, the challenge to it, and how the one who boasted loses."""

    best: str
    challenge: str
    rival: str
    mistakes: Beat
    defeat: str


CONTESTS = (
    Contest(
        "fastest runner",
        "run a race to the bridge",
        "mule",
        (
            "Halfway there, {hero.he} lay down in the grass and fell asleep.",
            "{hero.he} stopped to eat berries and forgot the time.",
            "{hero.he} looked at {hero.his} own face in the pond and forgot the race.",
        ),
        "When {hero.he} came to the bridge, {helper} was already there.",
    ),
    Contest(
        "strongest worker",
        "carry stones to the mill",
        "ant",
        (
            "{hero.he} took all the stones at once and fell over.",
            "{hero.he} carried one stone and then lay down to rest.",
            "{hero.he} told so many jokes that no work was done.",
        ),
        "When the sun went down, {helper} had carried every stone to the mill.",
    ),
    Contest(
        "best climber",
        "climb to the top of the hill",
        "snail",
        (
            "{hero.he} ran ahead, slipped on a wet leaf, and rolled all the way down.",
            "{hero.he} sat down to wave at the crowd and forgot to go on.",
            "{hero.he} took a short way and got stuck in the mud.",
        ),
        "When {hero.he} came to the top of the hill, {helper} had been there for a long time.",
    ),
)


def proud_hero(teller: Teller) -> list[Beat]:
    contest = teller.cast["contest"] = teller.pick(CONTESTS)
    teller.cast_helper(contest.rival)
    return [
        (
            '{day}, {who} cried, "I am the {contest.best} in the world!"',
            "{day}, {who} told everyone about being the {contest.best} of all.",
            "{who} wanted everyone to know who was the {contest.best} in the land.",
        ),
        (
            '"Then let us {contest.challenge}," said {helper.a}.',
            '{helper.a} heard this and said, "Let us {contest.challenge}."',
            'Only {helper.a} was not afraid and said, "Let us {contest.challenge}."',
        ),
        (
            "{hero.he} laughed so hard that {hero.his} belly hurt.",
            '"You will lose," {hero.he} said with a grin.',
            '"Against you?" {hero.he} asked. "That will be easy."',
        ),
        (
            "The next day, everyone came to watch.",
            "A rooster crowed, and they began.",
            "They began at noon, and the whole village came.",
        ),
        contest.mistakes,
        (
            "{helper} went on slowly and did not stop.",
            "Meanwhile, {helper} went on, step by step.",
            "{helper} said nothing and kept going.",
        ),
        (contest.defeat,),
        (
            "{hero.he} grew red and looked at the ground.",
            '"You have won," {hero.he} said in a small voice.',
            "At first {hero.he} was angry, but then {hero.he} had to laugh.",
            '"Would you teach me to be patient?" {hero.he} asked, and {helper} nodded.',
            '{helper} smiled and said, "It was fun. Let us be friends."',
            '"I am sorry that I laughed at you," {hero.he} said.',
        ),
        (
            "{hero.he} had learned that slow and steady wins.",
            "From then on, {hero.he} never laughed at anyone again.",
            "Those who talk the most do not always do the most.",
        ),
    ]
