"""Beats that several plots share: each a tuple of sentences that would all do at that place."""

from collections.abc import Sequence

Beat = Sequence[str]

ARRIVALS = (
    "Just then, {helper.a} came by.",
    "After a while, {helper.a} came down the path.",
    "Luckily, {helper.a} was passing by.",
    "{helper.a} heard the noise and came closer.",
    "{helper.a} had been watching all the time.",
    "On the third day, {hero.he} met {helper.a}.",
)
FEELINGS = (
    "{hero.he} sat down and cried.",
    "{hero.he} did not know what to do.",
    "A tear rolled down {hero.his} cheek.",
    "{hero.he} felt like giving up.",
    '"What shall I do now?" {hero.he} sighed.',
    '"This is too hard for me," {hero.he} said.',
    "{hero.he} hung {hero.his} head.",
    "{hero.he} sat under {tree.a} and did not say a word.",
)
QUESTIONS = (
    '"Why are you so sad?" asked {helper}.',
    '"What is the matter?" asked {helper}.',
    '"Can I help you?" asked {helper}.',
    '"Do not cry," said {helper}, "but tell me what happened."',
)
THANKS = (
    '"Thank you!" {hero.he} cried, and danced around {helper}.',
    "{hero.he} thanked {helper} a hundred times.",
    '"How can I ever thank you?" {hero.he} asked, but {helper} only smiled.',
    "{hero.he} was so happy that {hero.he} hugged {helper}.",
    "From that day on, {hero.he} and {helper} were good friends.",
    "That evening, {hero.he} and {helper} shared a pot of soup.",
    "They laughed and talked until the stars came out.",
    "{hero.he} gave {helper} a flower and a big smile.",
)
