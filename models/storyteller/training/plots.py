"""What can happen in a story: eight plots.

A plot is a list of *beats*, and a beat is a tuple of sentences that would all
do at that place. The sentences are `str.format` templates over the cast. Only
the hero is "he" or "she"; everyone else is called by kind, so a pronoun never
points at two people. Every plot has several scenarios, and each has its own
things and helpers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.storyteller.training.cast import COLOURS, Noun, Teller

Beat = Sequence[str]

# Beats that several plots share.

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

# Plot 1: something precious is out of reach.


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


# Plot 2: the hero wants to learn something.


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


# Plot 3: a gift needs something that has to be earned.


@dataclass(frozen=True)
class Ingredient:
    """What a dish needs, who has it and gives a `portion` of it, and who gets the dish."""

    name: str
    portion: str
    keeper: str
    dish: str
    eater: str


INGREDIENTS = (
    Ingredient("honey", "a jar of honey", "bear", "cake", "grandmother"),
    Ingredient("eggs", "a basket of eggs", "hen", "omelette", "uncle"),
    Ingredient("milk", "a jug of milk", "cow", "pudding", "aunt"),
    Ingredient("nuts", "a bag of nuts", "squirrel", "tart", "mother"),
    Ingredient("apples", "a basket of apples", "farmer", "pie", "grandfather"),
    Ingredient("flour", "a sack of flour", "miller", "pancake", "father"),
    Ingredient("berries", "a bowl of berries", "blackbird", "crumble", "sister"),
    Ingredient("carrots", "a bag of carrots", "mole", "soup", "brother"),
)
CHORES = (
    ("My roof has a hole in it", "climbed onto the roof and mended it"),
    ("My garden is full of weeds", "pulled up every weed in the garden"),
    ("My children will not sleep", "sang to the children until they fell asleep"),
    ("My back hurts, and I need water", "carried ten buckets of water up the hill"),
    ("My door is stuck", "oiled the door until it opened"),
    ("My house is full of dust", "swept the whole house and washed the windows"),
    ("I have no wood for the winter", "chopped wood until the shed was full"),
    ("My fence has fallen down", "put up the fence again, board by board"),
)


def birthday_gift(teller: Teller) -> list[Beat]:
    ingredient = teller.cast["ingredient"] = teller.pick(INGREDIENTS)
    teller.cast_helper(ingredient.keeper)
    teller.cast["dish"] = Noun(ingredient.dish)
    teller.cast["need"], teller.cast["work"] = teller.pick(CHORES)
    return [
        (
            "{day}, {who} wanted to make {dish.a} for {hero.his} {ingredient.eater}.",
            "{day}, {who} remembered the birthday of {hero.his} {ingredient.eater} and wanted to make {dish.a}.",
            "{day}, {who} heard that {hero.his} {ingredient.eater} was ill and decided to make {dish.a}.",
        ),
        (
            "But the kitchen had run out of {ingredient.name}.",
            "But {hero.he} had no {ingredient.name}.",
            "{hero.he} looked everywhere for {ingredient.name}, but the shelf was empty.",
        ),
        (
            "So {hero.he} went to {helper.a} and asked for some.",
            "So {hero.he} knocked on the door of {helper.a} and asked for help.",
            "So {hero.he} walked all the way to the house of {helper.a}.",
            '"Please, may I have some {ingredient.name}?" {hero.he} asked {helper.a}.',
            '"Who can give me {ingredient.name}?" {hero.he} asked, and went to {helper.a}.',
        ),
        (
            '"Only if you help me first," said {helper}. "{need}."',
            '"I will give you some, but I need help too," said {helper}. "{need}."',
            '"Oh dear, I have no time," said {helper}. "{need}."',
        ),
        (
            "{hero.he} {work}.",
            "So {hero.he} rolled up {hero.his} sleeves and {work}.",
            "Without a word, {hero.he} {work}.",
            "It took all day, but {hero.he} {work}.",
            "{hero.he} was a little tired, but {hero.he} {work}.",
        ),
        (
            "{helper} was pleased and gave {hero.him} {ingredient.portion}.",
            '"Well done!" said {helper}, and gave {hero.him} {ingredient.portion}.',
            "{helper} kept the promise and gave {hero.him} {ingredient.portion}.",
        ),
        (
            "{hero.he} ran home and made the {dish}, and {hero.his} {ingredient.eater} ate three plates of it.",
            '"This is the best {dish} in the world!" cried {hero.his} {ingredient.eater} that evening.',
            "That evening, {hero.he} and {hero.his} {ingredient.eater} ate the {dish} together.",
        ),
        (
            "A gift is sweeter when you have worked for it.",
            "{hero.he} had learned that kindness is paid back with kindness.",
            "And {helper} got a piece of it too.",
        ),
    ]


# Plot 4: a noise in the night.


@dataclass(frozen=True)
class Noise:
    """A noise in the night, what made it, and what the hero did about it."""

    sound: str
    cause: str
    cure: str


NOISES = (
    Noise(
        "Something knocked on the window",
        "it was only a branch of the old {tree}",
        "tied the branch back with a piece of string",
    ),
    Noise(
        "Something cried behind the house",
        "it was a duckling that had lost its mother",
        "carried the duckling back to the pond, where its mother was waiting",
    ),
    Noise(
        "Something banged in the garden", "it was only the gate in the wind", "closed the gate and tied it with a rope"
    ),
    Noise(
        "Something rustled under the bed", "it was only a moth in a paper bag", "opened the window and let the moth go"
    ),
    Noise(
        "Something scratched at the door",
        "it was a kitten, cold and wet",
        "dried the kitten with a towel and gave it warm milk",
    ),
    Noise(
        "Something hooted on the roof",
        "it was a young owl that was afraid of the dark too",
        "sat with the owl until the moon came up",
    ),
    Noise(
        "Something dripped and splashed in the kitchen",
        "it was only the rain, coming through a hole in the roof",
        "put a bucket under the hole",
    ),
    Noise("Something howled in the chimney", "it was only the wind", "closed the chimney and put a log on the fire"),
)


def night_noise(teller: Teller) -> list[Beat]:
    noise = teller.pick(NOISES)
    teller.cast["cure"] = noise.cure
    return [
        (
            "{night}, {who} lay in bed and wanted to sleep.",
            "{night}, {who} was very tired and went to bed early.",
            "{night}, {who} could not fall asleep.",
            "{night}, {who} woke up with a start.",
        ),
        (f"{noise.sound}.", f"{noise.sound}, again and again."),
        (
            "{hero.he} pulled the blanket over {hero.his} head.",
            '"Is it a ghost?" {hero.he} whispered.',
            '"Who is there?" {hero.he} called, but nobody answered.',
            "{hero.his} heart beat like a drum.",
            "{hero.he} thought of dragons and giants.",
        ),
        (
            "{hero.he} counted sheep, but the noise did not stop.",
            "{hero.he} hummed a song, but the noise grew louder.",
            "{hero.he} hid under the pillow, but it did not help.",
        ),
        (
            "At last, {hero.he} lit a candle and went to look.",
            "Then {hero.he} took a lantern and looked around.",
            '"I will be brave," {hero.he} said, and took a lamp from the shelf.',
            "In the end, {hero.he} put on {hero.his} slippers and went to see.",
        ),
        (
            f"In the light, {{hero.he}} saw that {noise.cause}.",
            f"{{hero.he}} soon found out that {noise.cause}.",
            f"{{hero.he}} was not afraid any more, for {noise.cause}.",
        ),
        ("{hero.he} {cure}.", "So {hero.he} {cure}.", "Quickly, {hero.he} {cure}."),
        (
            "Then {hero.he} went back to bed and slept until the sun came up.",
            "After that, the night was quiet, and {hero.he} slept well.",
            "Soon {hero.he} was fast asleep and dreamed of the sea.",
        ),
        (
            "{hero.he} had learned that most scary things are small in the light.",
            "{hero.he} was never afraid of the dark again.",
            "It is better to look than to be afraid.",
            "In the morning, {hero.he} told everyone about it and laughed.",
            '"How silly I was," {hero.he} said in the morning.',
        ),
    ]


# Plot 5: the hero builds something, and the first one breaks.


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


# Plot 6: two friends and one thing to eat.

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

# Plot 7: the way home is lost.


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


# Plot 8: pride comes before a fall.


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
