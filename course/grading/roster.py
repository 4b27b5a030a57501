"""Who is in the class: a CSV file with a row for each person, as an LMS exports it or as somebody types it.

id,name,email,section,files,extension
1001,Ada Lovelace,ada@example.org,Tuesday,ada-*;lovelace*,2 days

Only one of id, e-mail and name must be there. Headers of Canvas, Moodle, Blackboard and Gradescope are known.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import Any

from course.refusal import Refusal

# What a column is, by its header in lower case without signs.
HEADERS = {
    "id": (
        *("sisuserid", "studentid", "idnumber", "sid", "studentnumber", "matriculationnumber", "orgdefinedid"),
        *("rosteridentifier", "universityid", "matriculation", "matrikelnummer", "idnummer", "id"),
    ),
    "name": ("name", "fullname", "student", "studentname", "vollstandigername"),
    "first": ("firstname", "givenname", "givennames", "vorname"),
    "last": ("lastname", "surname", "familyname", "nachname"),
    "email": ("email", "emailaddress", "mail", "studentemail", "emailadresse"),
    "login": ("login", "sisloginid", "username", "loginid", "netid", "githubusername", "github", "benutzername"),
    "section": ("section", "sections", "group", "groups", "gruppe", "gruppen"),
    "files": ("files", "file", "patterns", "pattern", "folder"),
    "extension": ("extension", "extensions", "extendeddue"),
}
SUFFIXES = (".py", ".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
SPELLED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})  # as many write them
NO_PERSON = ("points possible", "student, test")  # rows that Canvas's gradebook has beside people


@dataclass(frozen=True)
class Person:
    """Somebody in the class.

    Attributes:
        patterns: of names of files and folders that are this person's, as a shell has them.
        extension: what the roster says of a later deadline: see course.grading.deadlines.
        columns: the roster's row, by its own headers.
    """

    id: str
    name: str = ""
    email: str = ""
    login: str = ""
    section: str = ""
    patterns: tuple[str, ...] = ()
    extension: str = ""
    columns: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def title(self) -> str:
        """What to call this person on a page for instructors."""
        return f"{self.name} ({self.id})" if self.name and self.name != self.id else self.id

    @property
    def keys(self) -> set[str]:
        """What stands for this person and for nobody else."""
        words = [self.id, self.email, self.login, self.email.partition("@")[0]]
        return {plain(word) for word in words} - {""}

    @property
    def sections(self) -> list[str]:
        """Each section that this person is in."""
        return [each for each in self.section.split("; ") if each]

    @property
    def spellings(self) -> set[str]:
        """The name in the orders that people and programs write it in, without what is between the words."""
        name = unicodedata.normalize("NFC", self.name.replace(",", " ").casefold())
        found = set()
        for spelled in {name, name.translate(TWO_LETTERS)}:
            words = [plain(word) for word in spelled.split()]
            found |= {"".join(words[i:] + words[:i]) for i in range(len(words))}
            found |= {words[0] + words[-1], words[-1] + words[0]} if len(words) > 2 else set()
        return found - {""}


class Ambiguous(Exception):
    """Several people of the roster may be meant; the message names them."""


@dataclass(frozen=True)
class Roster:
    """The people of a class, in the file's order."""

    people: tuple[Person, ...]

    @classmethod
    def read(cls, path: Path) -> "Roster":
        """Raises Refusal, with the line and the value that are wrong."""
        return cls(tuple(_people(path, read_text(path))))

    def __getitem__(self, id_: str) -> Person | None:
        return next((person for person in self.people if person.id == id_), None)

    def find(self, *names: str) -> Person | None:
        """The person that a name stands for: an id, an e-mail address, a pattern, or a name in any order.

        Args:
            names: what is known, the surest first. The first that anybody answers to decides.

        Raises:
            Ambiguous: several do.
        """
        for name in filter(None, names):
            stem = _stem(name)
            for answers in (_by_pattern, _by_key, _by_number, _by_name, _by_part):
                found = [person for person in self.people if answers(person, name) or answers(person, stem)]
                if len(found) > 1:
                    raise Ambiguous(f"{name} may be {' or '.join(person.id for person in found)}")
                if found:
                    return found[0]
        return None


def read_text(path: Path) -> str:
    """The text of a CSV file that somebody has made, in UTF-8 or as Excel saves it. Raises Refusal where it is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Refusal(f"{path}: {error.strerror}") from None
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if is_wide else ("utf-8-sig", "cp1252"):
        with suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            if "\0" not in text:  # as in a workbook
                return text
    raise Refusal(f"{path} is not text: save it as CSV UTF-8")


def csv_rows(text: str) -> Any:
    """A ``csv.reader`` of a text, by the sign that its first line has most of: a spreadsheet's language decides it."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n")
    first, _, others = text.partition("\n")
    if first.lower().startswith("sep=") and len(first) == 5:  # as Excel says it
        return csv.reader(io.StringIO(others), delimiter=first[4])
    return csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count))


def plain(text: str) -> str:
    """A text without accents, signs and capitals, so that one spelling is compared with another."""
    letters = unicodedata.normalize("NFKD", text.casefold().translate(SPELLED))
    return "".join(letter for letter in letters if letter.isalnum())


def _stem(name: str) -> str:
    """A file's name without what says of which kind it is, and how often somebody has sent it."""
    while (suffix := PurePath(name).suffix.lower()) in SUFFIXES:
        name = name[: -len(suffix)]
    return re.sub(r"(?i)(?:[ _-]*\((\d{1,2})\)|[ _-]+(?:v|version|attempt|try|final)?[ _-]?\d{0,2})$", "", name) or name


def _by_pattern(person: Person, name: str) -> bool:
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for pattern in person.patterns)


def _by_key(person: Person, name: str) -> bool:
    return plain(name) in person.keys


def _by_number(person: Person, name: str) -> bool:
    """Whether it is the id but for the zeros before it, which spreadsheets take away."""
    return name.isdecimal() and person.id.isdecimal() and name.lstrip("0") == person.id.lstrip("0")


def _by_name(person: Person, name: str) -> bool:
    return plain(name) in person.spellings


def _by_part(person: Person, name: str) -> bool:
    """Whether the id, the e-mail address or the whole name is a part of it, between signs: hw1_1001_ada."""
    if person.email and person.email.casefold() in name.casefold():
        return True
    words = [plain(word) for word in re.split(r"[^\w]+|_", name) if plain(word)]
    if any(key in words for key in person.keys if len(key) >= 4 or not key.isdecimal()):
        return True
    count = len(person.name.replace(",", " ").split())
    runs = {"".join(words[i : i + count]) for i in range(len(words) - count + 1)}
    return count > 1 and bool(runs & person.spellings)


def _people(path: Path, text: str) -> Iterable[Person]:
    rows = csv_rows(text)
    header = [cell.strip() for cell in next(rows, [])]
    columns = _columns(header)
    if not columns.keys() & {"id", "email", "name", "last", "login"}:
        raise Refusal(f"{path}: line 1: expected a column id, e-mail or name, got {', '.join(header) or 'nothing'}")
    lines: dict[str, int] = {}
    people: dict[str, Person] = {}
    for row in rows:
        cells = [cell.strip() for cell in row]
        while len(cells) > len(header) and not cells[-1]:
            cells.pop()
        if not any(cells) or cells[0].casefold() in NO_PERSON:
            continue
        if len(cells) > len(header):
            raise Refusal(
                f"{path}: line {rows.line_num}: {len(cells)} cells under {len(header)} headers: {cells[-1]!r}"
            )
        person = _person(cells, header, columns)
        if not person.id:
            raise Refusal(f"{path}: line {rows.line_num}: no id, e-mail or name in {', '.join(cells)!r}")
        key = plain(person.id) or person.id
        if (before := people.get(key)) is None:
            people[key], lines[key] = person, rows.line_num
        elif person.section != before.section and person.spellings == before.spellings and person.email == before.email:
            people[key] = _in_both(before, person)
        else:
            raise Refusal(f"{path}: line {rows.line_num}: {person.id!r} is in line {lines[key]} already")
    if not people:
        raise Refusal(f"{path}: lists nobody")
    return people.values()


def _in_both(one: Person, other: Person) -> Person:
    """Somebody who stands in the file once for each section."""
    sections = dict.fromkeys([*one.sections, *other.sections])
    patterns = dict.fromkeys([*one.patterns, *other.patterns])
    return replace(
        one, section="; ".join(sections), patterns=tuple(patterns), extension=one.extension or other.extension
    )


def _columns(header: list[str]) -> dict[str, int]:
    """Where each thing that is known of a person stands; of two columns the one that is named first in HEADERS."""
    names = [plain(cell) for cell in header]
    return {
        what: names.index(known) for what, several in HEADERS.items() for known in reversed(several) if known in names
    }


def _person(cells: list[str], header: list[str], columns: Mapping[str, int]) -> Person:
    def cell(what: str) -> str:
        place = columns.get(what, len(cells))
        # What spreadsheets are kept from taking for a formula stands behind an apostrophe.
        return re.sub(r"^'(?=[=+@-])", "", cells[place]) if place < len(cells) else ""

    email, login, name = cell("email"), cell("login"), cell("name")
    name = name or f"{cell('first')} {cell('last')}".strip()
    if "," in name:  # Lovelace, Ada
        last, _, given = name.partition(",")
        name = f"{given.strip()} {last.strip()}"
    patterns = tuple(filter(None, (each.strip() for each in re.split(r"[;|\s]+", cell("files")))))
    return Person(
        id=cell("id") or email or login or name,
        name=name,
        email=email or (login if "@" in login else ""),
        login=login,
        section=cell("section"),
        patterns=patterns,
        extension=cell("extension"),
        columns=dict(zip(header, cells)),
    )
