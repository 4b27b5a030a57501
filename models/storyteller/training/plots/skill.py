"""Plot 2: the hero wants to learn something."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.storyteller.training.cast import Teller
from models.storyteller.training.plots.beats import ARRIVALS, FEELINGS, Beat


@dataclass(frozen=True)
class Skill:
    """Something to learn: how it goes wrong, who can teach it, and how it looks when it works."""

    verb: str
    failures: Beat
    teacher: str
    advice: Sequence[str]
    success: str


SKILLS = (
    Skill(
        "swim",
        (
            "{hero.he} jumped into the lake, but {hero.he} sank like a stone.",
            "{hero.he} kicked and splashed, but only swallowed water.",
        ),
        "otter",
        ("Lie on your back and let the water carry you", "Kick your legs and look straight ahead"),
        "{hero.he} swam from one side of the lake to the other",
    ),
    Skill(
        "sing",
        (
            "{hero.he} opened {hero.his} mouth, but only a squeak came out.",
            "{hero.he} sang so loudly that all the birds flew away.",
        ),
        "robin",
        ("Breathe slowly and begin with one soft note", "Listen to the wind before you sing"),
        "{hero.he} sang at the spring fair, and everyone hummed along",
    ),
    Skill(
        "dance",
        (
            "{hero.he} tripped over {hero.his} own feet and fell.",
            "{hero.he} turned around too fast and bumped into the table.",
        ),
        "crane",
        ("Count to three with every step", "Close your eyes and follow the music"),
        "{hero.he} danced at the harvest feast until the moon came up",
    ),
    Skill(
        "skate",
        (
            "{hero.he} stepped onto the ice and fell on {hero.his} nose.",
            "{hero.he} slid over the ice and into a heap of snow.",
        ),
        "penguin",
        ("Bend your knees and lean forward", "Take small steps and do not look at your feet"),
        "{hero.he} skated across the frozen lake like the wind",
    ),
    Skill(
        "bake bread",
        (
            "{hero.he} made a loaf, but it was as hard as a stone.",
            "{hero.he} waited too long, and the bread was burned.",
        ),
        "cook",
        ("Let the dough sleep under a warm cloth", "Be patient and do not open the oven too soon"),
        "{hero.he} took a soft, warm loaf out of the oven, and the whole house smelled of it",
    ),
    Skill(
        "play the drum",
        ("{hero.he} hit the drum so hard that it fell over.", "{hero.he} played so fast that nobody could follow."),
        "soldier",
        ("Listen to your heart and play along", "Begin slowly and count to four"),
        "{hero.he} played the drum at the summer fair, and the whole crowd danced",
    ),
    Skill(
        "play the flute",
        ("{hero.he} blew into the flute, but it only hissed.", "{hero.he} played one note, and the cat ran away."),
        "lark",
        ("Blow as softly as if you were cooling soup", "Play one note until you like it"),
        "{hero.he} played the flute at the spring fair, and even the geese were quiet",
    ),
    Skill(
        "read",
        (
            "{hero.he} opened a book, but the letters looked like ants.",
            "{hero.he} mixed up all the letters and grew red.",
        ),
        "teacher",
        ("Say every letter aloud", "Begin with your own name"),
        "{hero.he} read a whole book by the light of a candle",
    ),
    Skill(
        "juggle",
        (
            "{hero.he} threw three apples into the air, and all of them hit {hero.his} nose.",
            "{hero.he} dropped every ball on the floor.",
        ),
        "clown",
        ("Begin with one ball and keep your eyes on it", "Throw slowly and breathe"),
        "{hero.he} juggled five apples in the market, and everyone clapped",
    ),
    Skill(
        "row a boat",
        (
            "{hero.he} pulled the oars, but the boat only turned in circles.",
            "{hero.he} leaned too far and fell into the water.",
        ),
        "sailor",
        ("Pull both oars at the same time", "Look at the shore and not at the oars"),
        "{hero.he} rowed all the way to the lighthouse and back",
    ),
)


def new_skill(teller: Teller) -> list[Beat]:
    skill = teller.pick(SKILLS)
    teller.cast_helper(skill.teacher)
    teller.cast["skill"] = skill.verb
    teller.cast["advice"] = teller.pick(skill.advice)
    return [
        (
            "{day}, {who} decided to learn to {skill}.",
            "More than anything else, {who} wanted to learn to {skill}.",
            '{day}, {who} said, "I want to learn to {skill}."',
            "{who} had only one wish, and that was to learn to {skill}.",
            "{day}, {who} dreamed of learning to {skill}.",
        ),
        skill.failures,
        (
            "Everyone who saw it laughed.",
            '"You will never learn to {skill}," said the neighbours.',
            "{hero.he} tried again and again, but it did not get better.",
            "It went wrong every time.",
            *FEELINGS,
        ),
        ARRIVALS,
        (
            '"{advice}," said {helper}.',
            '"Nobody can do it on the first day," said {helper}. "{advice}."',
            '"I will show you how," said {helper}. "{advice}."',
            '"May I tell you a secret?" asked {helper}. "{advice}."',
        ),
        (
            "So {hero.he} practised every day for a week.",
            "{hero.he} tried it that way, and it went a little better.",
            "Day after day, {hero.he} practised with {helper}.",
            "{hero.he} listened and practised until it was dark.",
        ),
        tuple(
            f"{when} {skill.success}." for when in ("At last,", "One month later,", "When summer came,", "In the end,")
        ),
        (
            "{hero.he} had learned that every master was once a beginner.",
            "{helper} was the proudest of them all.",
            "Nobody ever laughed at {hero.him} again.",
            "{hero.he} had learned that practice makes hard things easy.",
        ),
    ]
