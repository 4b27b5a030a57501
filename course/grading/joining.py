"""Joins what people have handed in to a roster: by id, address, pattern or name, wherever an export has put it.

Each person gets their attempts, in order. What matches nobody is an attempt of somebody unknown.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from course.grading import contents, exports, platforms, times
from course.grading.contents import Steps
from course.grading.deadlines import Moment
from course.grading.platforms import Listed, Named
from course.grading.roster import Ambiguous, Person, Roster
from course.grading.submissions import Submission, is_one, is_output
from course.refusal import Refusal

DEPTH = 4  # folders in folders in which people are looked for
_STEP_AT_END = re.compile(r"step_\d\d(?:-\d+)?\.py\Z")
_NUMBER = re.compile(r"(?i)(?:attempt|version|try|v|[ _(-])[ _-]?(\d{1,2})\)?\Z")


@dataclass(frozen=True)
class Attempt(Submission):
    """What one person handed in at one time.

    Attributes:
        files: the name under which each was handed in, and where it is; empty where ``path`` is all of it.
        person: whose it is; None where nobody in the roster answers to it.
        number: 1 for the first.
        note: what there is to say of how it was found.
    """

    files: tuple[tuple[str, Path], ...] = ()
    person: Person | None = None
    moment: Moment | None = None
    number: int = 1
    note: str = ""
    source: Path | None = None  # where it lies
    who: str = ""  # the same for all attempts of one person, and for nobody else's

    @property
    def title(self) -> str:
        """What to call it on a screen for instructors."""
        several = f" attempt {self.number}" if self.person and self.name != self.person.id else ""
        return self.person.title + several if self.person else self.name

    @property
    def owner(self) -> str:
        """Whose it is: an id of the roster, or else the submission's name."""
        return self.person.id if self.person else self.name

    def read(self) -> Steps:
        """See Submission.read."""
        if self.files:
            return self._read(lambda: contents.read_files(self.files))
        return Submission(self.name, self.source or self.path).read()


@dataclass(frozen=True)
class Piece:
    """A file or a folder, and whose it is."""

    path: Path
    person: Person | None
    moment: Moment
    named: Named | None = None
    original: str = ""  # the name of a file that may lie beside others of the same attempt
    note: str = ""


def alone(submission: Submission) -> Attempt:
    """A submission of a class that has no roster."""
    listed = platforms.beside(submission.path)
    moment = Moment(listed.time, "metadata") if listed and listed.time else times.moment(submission.path)
    return Attempt(submission.name, submission.path, moment=moment, source=submission.path, who=submission.name)


def join(paths: Iterable[Path], roster: Roster, scratch: Path, out: Path, whole: bool = False) -> list[Attempt]:
    """Everybody's attempts, each person's in order, in the order of the roster; then those of nobody in it.

    Args:
        scratch: where exports that are archives are unpacked.
        out: where the grades are put, in which nobody's submission lies.
        whole: each path is one submission, whatever folders are in it.

    Raises:
        FileNotFoundError: there is no such path.
        Refusal: there is nothing at a path.
    """
    walk = _Walk(roster, scratch, out.resolve())
    pieces: list[Piece] = []
    for path in paths:
        path = path.resolve(strict=True)
        found = list(walk.whole(path) if whole else walk.path(path))
        if not found:
            raise Refusal(f"{path} holds no submission: no step_NN.py, and no folder, zip or tar file with one")
        pieces += found
    places = {person.id: place for place, person in enumerate(roster.people)}
    groups: dict[tuple[int, str], list[Piece]] = {}
    for piece in pieces:
        key = (places[piece.person.id], "") if piece.person else (len(places), _unknown(piece))
        groups.setdefault(key, []).append(piece)
    attempts = [replace(attempt, who=str(key)) for key in sorted(groups) for attempt in _attempts(groups[key])]
    return _told_apart(attempts)


class _Walk:
    """Finds the pieces of a class."""

    def __init__(self, roster: Roster, scratch: Path, out: Path) -> None:
        self.roster = roster
        self.scratch = scratch
        self.out = out

    def path(self, path: Path) -> Iterator[Piece]:
        """The pieces at a path that an instructor names: somebody's, or a class's."""
        inside = list(self.inside(path, DEPTH)) if not (path.is_dir() and is_one(path)) else []
        if any(piece.person for piece in inside):
            yield from inside
        elif (known := self.known(path)) is not None:
            yield known
        else:
            yield from inside or self.whole(path)

    def whole(self, path: Path) -> Iterator[Piece]:
        """A path that is one submission."""
        if (about := platforms.beside(path)) is not None:
            yield from self._of_each(path, about)
        elif (known := self.known(path)) is not None:
            yield known
        elif path.is_dir() or contents.may_be_meant(path.name) or contents.is_step(path.name):
            yield Piece(path, None, times.moment(path))

    def inside(self, place: Path, depth: int) -> Iterator[Piece]:
        """The pieces in a folder, or in an export that is an archive."""
        if not place.is_dir():
            if place.is_symlink() or not exports.is_class(place, self._is_somebodys):
                return
            place = exports.unpack(place, self.scratch)
        children = [each for each in sorted(place.iterdir()) if self._belongs(each)]
        listed = set()
        if (place / platforms.METADATA).is_file():
            for piece in self.listed(place):
                listed.add(piece.path)
                yield piece
        for child in children:
            if child in listed:
                continue
            if (known := self.known(child)) is not None:
                yield known
                continue
            deeper: list[Piece] = []
            if depth and not child.is_symlink() and not (child.is_dir() and is_one(child)):
                deeper = list(self.inside(child, depth - 1))
            if any(piece.person for piece in deeper):
                yield from deeper
            elif child.is_dir() or contents.may_be_meant(child.name) or contents.is_step(child.name):
                yield Piece(child, None, times.moment(child))

    def listed(self, place: Path) -> Iterator[Piece]:
        """The submissions that Gradescope lists, each once for everybody of its group."""
        try:
            found = platforms.metadata(place / platforms.METADATA)
        except (OSError, ValueError) as error:
            raise Refusal(f"{place / platforms.METADATA}: {error}") from None
        for each in found:
            yield from self._of_each(place / Path(each.folder).name, each)

    def _of_each(self, path: Path, each: Listed) -> Iterator[Piece]:
        """A submission for everybody of its group."""
        moment = Moment(each.time, "metadata") if each.time else times.moment(path)
        for who in each.submitters or ({},):
            names = [who.get(key, "") for key in ("sid", "email", "name")]
            person, note = self._find(*names)
            group = f"in a group of {len(each.submitters)}" if len(each.submitters) > 1 else ""
            note = note or ("" if person else f"{who.get('name') or each.folder} is not in the roster")
            yield Piece(path, person, moment, note="; ".join(filter(None, [note, group])))

    def known(self, path: Path) -> Piece | None:
        """A piece whose name says whose it is, or that a platform has named."""
        if (found := platforms.named(path.name)) and (found.platform == "Moodle" or path.is_file()):
            return self._from_platform(path, found)
        person, note = self._find(path.name)
        if person is None and not note:
            return None
        step = _STEP_AT_END.search(path.name) if path.is_file() else None
        return Piece(path, person, times.moment(path), original=step[0] if step else "", note=note)

    def _from_platform(self, path: Path, found: Named) -> Piece | None:
        if found.is_text:
            return None
        if found.platform == "Canvas":
            moment = Moment(None, "Canvas", found.is_late)
        elif found.time:
            moment = Moment(found.time, found.platform)
        else:
            moment = times.moment(path)
        # A platform's own number is an id only where the roster comes from it.
        names = {
            "Canvas": [*self._by_column("ID", found.user), found.who],
            "Moodle": [*self._by_column("Identifier", f"Participant {found.user}"), found.who],
            "Blackboard": [found.user],
        }[found.platform]
        person, note = self._find(*names)
        if found.platform == "Canvas" and person is None:
            person, note = self._find(found.user) if not self._has_column("ID") else (None, note)
        note = note or ("" if person else f"{found.who} ({found.platform}) is not in the roster")
        return Piece(path, person, moment, found, found.original or "", note)

    def _has_column(self, header: str) -> bool:
        return any(header in person.columns for person in self.roster.people)

    def _by_column(self, header: str, value: str) -> list[str]:
        return [person.id for person in self.roster.people if person.columns.get(header) == value]

    def _find(self, *names: str) -> tuple[Person | None, str]:
        try:
            return self.roster.find(*names), ""
        except Ambiguous as error:
            return None, str(error)

    def _belongs(self, path: Path) -> bool:
        if contents.is_systems(path.name) or path == self.out or (path.is_dir() and is_output(path)):
            return False
        found = platforms.named(path.name)
        if found and found.is_text:
            return False
        original = found.original if found and path.is_file() else path.name
        return path.is_dir() or contents.is_step(original) or contents.may_be_meant(original)

    def _is_somebodys(self, name: str) -> bool:
        return bool(platforms.named(name) or self._find(name)[0])


def _unknown(piece: Piece) -> str:
    """What tells somebody unknown from others."""
    if piece.named:
        return f"{piece.named.who}_{piece.named.user}"
    return str(piece.path) + (piece.note if "is not in the roster" in piece.note else "")


def _attempts(pieces: list[Piece]) -> list[Attempt]:
    """One person's attempts, in order."""
    loose = [piece for piece in pieces if piece.original]
    made = [_attempt([piece], piece.moment) for piece in pieces if not piece.original]
    shelves: dict[tuple[Path, datetime | None], list[Piece]] = {}
    for piece in loose:
        time = piece.moment.time if piece.named and piece.named.platform == "Blackboard" else None
        shelves.setdefault((piece.path.parent, time), []).append(piece)
    for shelf in shelves.values():
        made += _rounds(shelf)
    if len({_number(attempt) for attempt in made}) == len(made) and any(
        attempt.moment is None or attempt.moment.source == "file" for attempt in made
    ):
        made.sort(key=_number)
    elif all(attempt.moment and attempt.moment.time for attempt in made):
        made.sort(key=lambda attempt: attempt.moment.time.timestamp())  # type: ignore[union-attr]
    return [replace(attempt, number=number) for number, attempt in enumerate(made, 1)]


def _rounds(shelf: list[Piece]) -> list[Attempt]:
    """The attempts in files that lie side by side: what has a number was handed in again, replacing an earlier one."""
    names = {piece.original for piece in shelf}
    numbered: dict[int, list[tuple[str, Piece]]] = {}
    for piece in sorted(shelf, key=lambda piece: (piece.named.order if piece.named else 0, piece.path)):
        name, number = platforms.sent_again(piece.original)
        if not (contents.is_step(name) or name in names):
            name, number = piece.original, 0  # hw-1.zip without a hw.zip is a name of its own
        numbered.setdefault(number, []).append((name, piece))
    current: dict[str, Piece] = {}
    attempts = []
    for number in sorted(numbered):
        current |= dict(numbered[number])
        late = [piece.moment for _, piece in numbered[number]]
        moment = max(late, key=lambda moment: (bool(moment.is_late), moment.time.timestamp() if moment.time else 0.0))
        attempts.append(_attempt(list(current.values()), moment, tuple(current)))
    return attempts


def _attempt(pieces: list[Piece], moment: Moment, names: tuple[str, ...] = ()) -> Attempt:
    first = pieces[0]
    note = next((piece.note for piece in pieces if piece.note), "")
    files = tuple(zip(names, (piece.path for piece in pieces)))
    if first.person:
        return Attempt(
            first.person.id, Path(first.person.id), files, first.person, moment, note=note, source=first.path
        )
    name = f"{first.named.who}_{first.named.user}" if first.named else first.path.name
    return Attempt(name, first.path, files, None, moment, note=note or "not in the roster", source=first.path)


def _number(attempt: Attempt) -> int:
    """The number in its name, by which people tell attempts apart."""
    name = attempt.source.name if attempt.source else attempt.name
    found = _NUMBER.search(name.partition(".")[0])
    return int(found[1]) if found else 0


def _told_apart(attempts: list[Attempt]) -> list[Attempt]:
    """The same attempts; unknown people whose names are taken get longer ones."""
    owners: dict[str, set[str]] = {}
    for attempt in attempts:
        owners.setdefault(attempt.name, set()).add(attempt.who)
    return [
        attempt if attempt.person or len(owners[attempt.name]) == 1 else replace(attempt, name=str(attempt.source))
        for attempt in attempts
    ]
