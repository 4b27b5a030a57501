"""Plot 6: two friends and one thing to eat."""

from models.storyteller.training.cast import Noun, Teller
from models.storyteller.training.plots.beats import ARRIVALS, Beat

# What there is to eat, who else wants it, and who settles the quarrel.
TREATS = (
    ("pear", "squirrel", "owl"),
    ("apple", "goose", "turtle"),
    ("melon", "cow", "gardener"),
    ("orange", "cat", "monkey"),
    ("tomato", "hen", "judge"),
    ("pie", "duck", "baker"),
    ("pumpkin", "sheep", "goat"),
    ("cheese", "mole", "stork"),
)


def one_for_two(teller: Teller) -> list[Beat]:
    treat, teller.cast["friend"], helper = teller.pick(TREATS)
    teller.cast["treat"] = Noun(treat, teller.pick(("big", "round", "golden", "fresh", "huge")))
    teller.cast_helper(helper)
    beats = [
        (
            "{day}, {who} and {hero.his} friend the {friend} found {treat.a} on the road.",
            "{day}, {who} saw {treat.a} on a bench, and so did {hero.his} friend the {friend}.",
            "{day}, {who} went to the market with {hero.his} friend the {friend}, and they saw {treat.a}.",
        ),
        (
            '"It is mine!" {hero.he} cried. "I saw it first!"',
            "Both of them were hungry, and both of them wanted the {treat.noun}.",
            '"I want all of it," {hero.he} said. "No, it is mine," said the {friend}.',
        ),
        (
            "{hero.he} pulled at one side, and the {friend} pulled at the other.",
            "They shouted at each other until they were red.",
            "Soon they rolled in the dust and fought.",
            '"Let go!" cried the {friend}. "You let go!" {hero.he} cried.',
            "They ran around the {treat.noun} and would not let each other touch it.",
        ),
    ]
    if teller.pick((True, False)):
        return [
            *beats,
            ARRIVALS[:5],
            (
                '"One of you cuts it, and the other one chooses," said {helper}.',
                '"Why do you fight?" asked {helper}. "One cuts, and the other one chooses."',
            ),
            (
                "So {hero.he} cut the {treat.noun} very carefully, and the {friend} chose a half.",
                "So the {friend} cut the {treat.noun} very carefully, and {hero.he} chose a half.",
            ),
            (
                "Both halves were the same, and both friends were happy.",
                "They ate side by side, and {helper} got the last bite.",
                "They laughed and thanked {helper}.",
            ),
            SHARING_MORALS,
        ]
    return [
        *beats,
        (
            "While they fought, a crow came and carried the {treat.noun} away.",
            "Then the {treat.noun} rolled down the hill and into the river.",
            "Then the {treat.noun} fell into the mud, and nobody could eat it.",
        ),
        (
            "Now both of them had nothing.",
            "They looked at each other and were ashamed.",
            "For a long time, nobody spoke.",
        ),
        (
            '"I am sorry," {hero.he} said. "Me too," said the {friend}.',
            '"We were silly," said the {friend}, and {hero.he} nodded.',
            '"Next time we will share," {hero.he} said.',
        ),
        (
            "The next day, they found another {treat.noun} and cut it in two.",
            "At home, {hero.he} had a small loaf of bread and gave half of it to the {friend}.",
            "the {friend} had a bag of nuts, and they ate one after the other.",
        ),
        SHARING_MORALS,
    ]


SHARING_MORALS = (
    "Half of something is better than all of nothing.",
    "From then on, {hero.he} and the {friend} shared everything.",
    "{hero.he} had learned that food tastes better when it is shared.",
    "And they stayed friends for the rest of their lives.",
)
