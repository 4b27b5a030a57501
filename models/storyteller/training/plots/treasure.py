"""Plot 1: something precious is out of reach."""

from dataclasses import dataclass

from models.storyteller.training.cast import COLOURS, Noun, Teller
from models.storyteller.training.plots.beats import ARRIVALS, QUESTIONS, THANKS, Beat


@dataclass(frozen=True)
class Trouble:
    """A place where a thing can be lost, and everything that can be done about it there."""

    thing: str
    where: str
    events: Beat
    attempts: Beat
    helper: str
    rescues: Beat
    ideas: Beat


TROUBLES = (
    Trouble(
        thing="kite",
        where="up in the oak tree",
        events=(
            "Suddenly, the wind carried {thing.it} up into an oak tree.",
            "But a strong wind came and blew {thing.it} into the top of an oak tree.",
        ),
        attempts=(
            "{hero.he} jumped as high as {hero.he} could, but the branch was too high.",
            "{hero.he} shook the trunk, but {thing.the} did not fall.",
            "{hero.he} threw sticks at the branch, but every stick missed.",
            "{hero.he} tried to climb the oak tree, but {hero.he} slid down again.",
        ),
        helper="crow",
        rescues=(
            "{helper} flew up to the branch and brought {thing.the} down in its beak.",
            "{helper} spread its wings, flew into the oak tree, and dropped {thing.the} at {hero.his} feet.",
        ),
        ideas=(
            "{hero.he} fetched a ladder from the barn and climbed up to the branch.",
            "{hero.he} tied two sticks together and pulled {thing.the} down.",
        ),
    ),
    Trouble(
        thing="coin",
        where="at the bottom of the well",
        events=(
            "But {hero.he} tripped over a root, and {thing.the} fell into a deep well.",
            "Suddenly, {thing.the} slipped away and fell into the old well.",
        ),
        attempts=(
            "{hero.he} leaned over the edge, but the water was far too deep.",
            "{hero.he} let down a long stick, but it was too short.",
            "{hero.he} shouted into the well, but only an echo answered.",
        ),
        helper="frog",
        rescues=(
            "{helper} dived to the bottom of the well and came back with {thing.the}.",
            "With a splash, {helper} jumped into the well and brought {thing.the} up.",
        ),
        ideas=(
            "{hero.he} tied a bucket to a rope and fished until {thing.the} lay in the bucket.",
            "{hero.he} let down a net on a long rope and pulled {thing.the} up.",
        ),
    ),
    Trouble(
        thing="boat",
        where="on the other side of the river",
        events=(
            "But {thing.the} fell into the river and floated to the other side.",
            "Suddenly, the wind blew {thing.it} into the river, and the water carried {thing.it} to the other side.",
        ),
        attempts=(
            "{hero.he} tried to cross the river, but the water was too cold and too fast.",
            "{hero.he} made a raft of twigs, but it sank at once.",
            "{hero.he} looked for a bridge, but there was none.",
        ),
        helper="swan",
        rescues=(
            "{helper} swam across the river and pushed {thing.the} back with its nose.",
            "{helper} swam to the other side and came back with {thing.the} on its back.",
        ),
        ideas=(
            "{hero.he} laid a long log across the water and walked over it, step by step.",
            "{hero.he} put big stones into the water and hopped from stone to stone.",
        ),
    ),
    Trouble(
        thing="marbles",
        where="under the rock",
        events=(
            "But {thing.they} rolled down the hill and under a heavy rock.",
            "Suddenly, a heavy rock rolled down the hill and covered {thing.the}.",
        ),
        attempts=(
            "{hero.he} pushed the rock with all {hero.his} strength, but it did not move.",
            "{hero.he} pulled and pulled, but the rock was too heavy.",
            "{hero.he} tried to dig, but the earth was too hard.",
        ),
        helper="ox",
        rescues=(
            "{helper} leaned against the rock and rolled it away.",
            "{helper} took a deep breath and pushed the rock down the hill.",
        ),
        ideas=(
            "{hero.he} put a strong branch under the rock and lifted it like a lid.",
            "{hero.he} tied a rope around the rock and pulled it away with the miller's cart.",
        ),
    ),
    Trouble(
        thing="drum",
        where="in the bush full of thorns",
        events=(
            "But {thing.they} rolled into a bush full of thorns.",
            "But {hero.he} tripped over a stone, and {thing.the} fell into a bush full of thorns.",
        ),
        attempts=(
            "{hero.he} reached into the bush, but the thorns were too sharp.",
            "{hero.he} poked the bush with a stick, but the stick broke.",
            "{hero.he} tried to crawl under the bush, but {hero.he} got stuck.",
        ),
        helper="weasel",
        rescues=(
            "{helper} slipped between the thorns and pushed {thing.the} out.",
            "{helper} was not afraid of thorns and pulled {thing.the} out of the bush.",
        ),
        ideas=(
            "{hero.he} fetched a rake from the garden and pulled {thing.the} out.",
            "{hero.he} covered the thorns with a thick blanket and reached over them.",
        ),
    ),
    Trouble(
        thing="ball",
        where="at the bottom of the hole",
        events=(
            "But {thing.they} rolled down the path and fell into a deep hole.",
            "Suddenly, {thing.the} was gone, for there was a deep hole in the ground.",
        ),
        attempts=(
            "{hero.he} looked into the hole, but it was too dark to see.",
            "{hero.he} reached into the hole, but it was too deep.",
            "{hero.he} tried to dig, but the earth was too hard.",
        ),
        helper="worm",
        rescues=(
            "{helper} crawled into the hole and pushed {thing.the} up into the light.",
            "{helper} dug a tunnel to the bottom of the hole and brought {thing.the} back.",
        ),
        ideas=(
            "{hero.he} filled the hole with water until {thing.the} floated to the top.",
            "{hero.he} put sticky honey on a long stick and pulled {thing.the} up.",
        ),
    ),
)


def lost_treasure(teller: Teller) -> list[Beat]:
    trouble = teller.pick(TROUBLES)
    teller.cast["thing"] = Noun(trouble.thing, teller.pick(COLOURS))
    beats = [
        (
            "{day}, {who} was playing with {hero.his} {thing}.",
            "{day}, {who} went for a walk with {hero.his} {thing}.",
            "{day}, {who} got {thing.a} from {hero.his} grandmother.",
            "{who} had {thing.a} and took {thing.it} everywhere.",
            "More than anything else, {who} loved {hero.his} {thing}.",
        ),
        trouble.events,
        (
            '"I must get {thing.it} back!" {hero.he} cried.',
            "{hero.he} wanted {thing.it} back at once.",
            '"Oh no, not my {thing.noun}!" {hero.he} cried.',
        ),
        trouble.attempts,
    ]
    if teller.pick((True, False)):
        teller.cast_helper(trouble.helper)
        return [
            *beats,
            ARRIVALS,
            QUESTIONS,
            (
                f'"My {{thing.noun}} {{thing.is_}} {trouble.where}," said {{hero.he}}.',
                '"I cannot reach my {thing.noun}," {hero.he} said.',
                '"Please help me to get my {thing.noun} back," {hero.he} said.',
            ),
            trouble.rescues,
            (
                *THANKS,
                "{hero.he} had learned that it is good to ask for help.",
                "After that, {hero.he} held on to {hero.his} {thing.noun} with care.",
                "And {hero.he} never forgot that nobody has to do everything alone.",
                "A friend can often do what you cannot.",
            ),
        ]
    return [
        *beats,
        (
            "Then {hero.he} sat down and thought for a long time.",
            '"There must be another way," {hero.he} said.',
            "But {hero.he} did not give up so easily.",
        ),
        ("Suddenly, {hero.he} had an idea.", "Then {hero.he} remembered something.", "At last, {hero.he} had a plan."),
        trouble.ideas,
        (
            "Soon {hero.he} held {thing.the} in {hero.his} arms again and laughed.",
            "{hero.he} ran home with {thing.the} and told everyone about it.",
            "That night, {thing.the} lay next to {hero.his} bed.",
            '"I did it!" {hero.he} cried, and jumped for joy.',
        ),
        (
            "{hero.he} had learned that a good idea is better than strong arms.",
            "From then on, {hero.he} always thought twice before giving up.",
            "Thinking helps more than crying.",
        ),
    ]
