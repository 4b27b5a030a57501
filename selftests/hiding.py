"""A PATH on which some programs cannot be found: that of a newcomer who can install nothing."""

import os
from pathlib import Path

from course.proof.programs import PROGRAMS

HIDDEN = {"apt-get", "brew", "sudo", *(program.command for program in PROGRAMS)}


def path_without_programs(folder: Path) -> str:
    """The PATH, where in the place of each directory with a hidden program is one of links to all else in it."""
    places = []
    for number, place in enumerate(os.environ["PATH"].split(os.pathsep)):
        if any((Path(place) / name).exists() for name in HIDDEN):
            links = folder / str(number)
            links.mkdir()
            for program in Path(place).iterdir():
                if program.name not in HIDDEN:
                    (links / program.name).symlink_to(program)
            place = str(links)
        places.append(place)
    return os.pathsep.join(places)
