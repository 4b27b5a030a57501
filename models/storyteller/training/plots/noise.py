"""Plot 4: a noise in the night."""

from dataclasses import dataclass

from models.storyteller.training.cast import Teller
from models.storyteller.training.plots.beats import Beat


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
