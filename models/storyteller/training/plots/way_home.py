"""Plot 7: the way home is lost."""

from models.storyteller.training.cast import Teller
from models.storyteller.training.plots.beats import Beat

# What to follow, where to, who knows the way back, and who waits at home.
WAYS = (
    ("a blue butterfly", "forest", "deer", "mother"),
    ("a white feather", "hills", "stork", "grandfather"),
    ("the tracks of a wolf", "mountains", "shepherd", "father"),
    ("a shiny beetle", "dunes", "fisherman", "aunt"),
    ("a little brown bird", "swamp", "heron", "uncle"),
    ("a rainbow", "meadows", "firefly", "grandmother"),
)


def way_home(teller: Teller) -> list[Beat]:
    teller.cast["lure"], teller.cast["wild"], helper, teller.cast["family"] = teller.pick(WAYS)
    teller.cast_helper(helper)
    return [
        (
            "{day}, {who} followed {lure} into the {wild}.",
            "{day}, {who} wanted to see where {lure} would lead, and walked deep into the {wild}.",
            "{day}, {who} forgot the time and followed {lure} far into the {wild}.",
        ),
        (
            "When {hero.he} turned around, the path was gone.",
            "Then thick fog came, and {hero.he} could not see the way back.",
            "Soon the sun went down, and everything looked strange.",
        ),
        (
            '"I want to go home," {hero.he} whispered.',
            "Now {hero.he} only wanted to go home.",
            '"Which way did I come?" {hero.he} asked, but there was no answer.',
            "{hero.he} was cold and hungry and thought of {hero.his} {family}.",
        ),
        (
            "{hero.he} walked to the left and to the right, but always came back to the same stone.",
            "{hero.he} called for help, but only an echo answered.",
            "{hero.he} climbed a rock to look around, but saw only the dark.",
            "{hero.he} followed a stream, but it ended under the ground.",
            "{hero.he} waited under {tree.a}, but nobody came.",
        ),
        (
            "Then {hero.he} met {helper.a}.",
            "Then something moved, and there stood {helper.a}.",
            "Suddenly, {helper.a} came out of the dark.",
        ),
        (
            '"Are you lost?" asked {helper}. "I know the way."',
            '"Come with me," said {helper}, "and do not be afraid."',
            '"Where do you live?" asked {helper}. "Near my {family}," {hero.he} said, and tried not to cry.',
        ),
        (
            "{helper} went ahead, and {hero.he} followed, step by step.",
            "{helper} led {hero.him} around the {wild} to the old road.",
            "All night long, {helper} showed {hero.him} the way.",
        ),
        (
            "At home, {hero.his} {family} was waiting with hot soup.",
            "{hero.his} {family} ran to the gate and hugged {hero.him}.",
            "When the sun came up, {hero.he} fell into the arms of {hero.his} {family}.",
        ),
        (
            "After that, {hero.he} always looked back to remember the way.",
            "{hero.he} had learned that home is the best place of all.",
            "And every year, {hero.he} brought {helper} a basket of apples.",
            "{hero.he} never followed {lure} again.",
        ),
    ]
