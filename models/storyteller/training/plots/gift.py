"""Plot 3: a gift needs something that has to be earned."""

from dataclasses import dataclass

from models.storyteller.training.cast import Noun, Teller
from models.storyteller.training.plots.beats import Beat


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
