"""A class of twenty as real people hand in: what an instructor downloads from each platform, made in code.

Nobody's text is a step: a file says who wrote it, and in which attempt. Of the twenty, by platform:
18 hand in, one of them late, one twice, one in a zip, one a folder too deep; Tim and Uma hand in nothing, and
somebody hands in who is not in the roster.
"""

import io
import os
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Student:
    id: str
    first: str
    last: str
    section: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def email(self) -> str:
        return f"s{self.id}@example.org"

    @property
    def sortable(self) -> str:
        """As Canvas begins a file's name."""
        return "".join(letter for letter in f"{self.last}{self.first}".lower() if letter.isalnum())

    @property
    def canvas(self) -> str:
        """Canvas's own number, which is another one's id for some."""
        return str(int(self.id) + 1)


NAMES = """Ada Lovelace|Grace Brewster Hopper|José Núñez|Zoë O'Neill|Jean-Luc Picard|Nguyễn Văn An|Łukasz Żak|Søren Ærø
Björk Guðmundsdóttir|山田 太郎|Maria del Carmen García López|Li Wei|Mary Ann Smith|John Smith|John Smith|Priya|Dana Levi
Ömer Çelik|Tim Absent|Uma Absent"""
STUDENTS = [
    Student(
        str(1001 + number), name.rpartition(" ")[0] or name, name.rpartition(" ")[2] if " " in name else "", section
    )
    for number, (name, section) in enumerate(zip(NAMES.replace("\n", "|").split("|"), ["Tuesday", "Friday"] * 10))
]
PRESENT = STUDENTS[:18]
ABSENT = [student.id for student in STUDENTS[18:]]
LATE, TWICE, PACKED, DEEP = "1002", "1003", "1004", "1005"
STRANGER = Student("9999", "Eve", "Stranger", "")
STEPS = (1, 2)


def roster(path: Path) -> Path:
    """As Canvas exports its gradebook, with a column for Moodle's and Blackboard's names."""
    rows = ["Student,ID,SIS User ID,SIS Login ID,Section,Email,Identifier", "    Points Possible,,,,,,"]
    rows += [
        f'"{s.last}, {s.first}",{s.canvas},{s.id},s{s.id},{s.section},{s.email},Participant {s.id}7' for s in STUDENTS
    ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8-sig")
    return path


def steps(student: Student, attempt: int = 1) -> dict[str, str]:
    return {f"step_{step:02}.py": f"# {student.id} attempt {attempt}\n" for step in STEPS}


def packed(files: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def write(files: Iterable[tuple[Path, str | bytes]]) -> None:
    for path, content in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def canvas(folder: Path) -> Path:
    """Loose files, LATE in a name, -1 at what was handed in again, a zip, and a zip in which a folder is too deep."""
    number = 880000
    files: list[tuple[Path, str | bytes]] = []

    def add(student: Student, name: str, content: str | bytes) -> None:
        nonlocal number
        number += 1
        late = "LATE_" * (student.id == LATE)
        files.append((folder / f"{student.sortable}_{late}{student.canvas}_{number}_{name}", content))

    for student in [*PRESENT, STRANGER]:
        if student.id == PACKED:
            add(student, "my homework.zip", packed(steps(student)))
        elif student.id == DEEP:
            add(student, "hw.zip", packed({f"hw/steps/{name}": text for name, text in steps(student).items()}))
        else:
            for name, text in steps(student).items():
                add(student, name, text)
        if student.id == TWICE:
            add(student, "step_02-1.py", steps(student, 2)["step_02.py"])
    write(files)
    return folder


def moodle(folder: Path) -> Path:
    """A folder a person with a zip file or the steps in it, and an empty one of who has handed in a text."""
    for student in [*PRESENT, STRANGER]:
        place = folder / f"{student.name}_{student.id}7_assignsubmission_file_"
        if student.id == TWICE:
            old, new = steps(student), steps(student, 2)
            write((place / name, text) for name, text in {**old, "step_02.py": new["step_02.py"]}.items())
        elif student.id == DEEP:
            write((place / "hw" / "steps" / name, text) for name, text in steps(student).items())
        else:
            write([(place / "gpt2.zip", packed(steps(student)))])
    write(
        [(folder / f"{STUDENTS[0].name}_{STUDENTS[0].id}7_assignsubmission_onlinetext_" / "onlinetext.html", "<p>Hi")]
    )
    return folder


def gradescope(folder: Path) -> Path:
    """A folder a submission, and the metadata, which alone says whose it is and when it came."""
    rows = ["---"]
    for number, student in enumerate([*PRESENT, STRANGER], 61234501):
        attempts = 2 if student.id == TWICE else 1
        for attempt in range(1, attempts + 1):
            name = f"submission_{number}{'' if attempt == 1 else '9'}"
            inner = Path("hw", "steps") if student.id == DEEP else Path()
            files = (
                steps(student, attempt)
                if attempt == 1
                else {**steps(student), "step_02.py": steps(student, 2)["step_02.py"]}
            )
            if student.id == PACKED:
                write([(folder / name / "hw.zip", packed(files))])
            else:
                write((folder / name / inner / file, text) for file, text in files.items())
            day = 22 if student.id == LATE else 18 + attempt
            rows += [
                f"{name}:",
                "  :submitters:",
                f"  - :name: {student.name}",
                f"    :sid: '{student.id}'",
                f"    :email: {student.email}",
                f"  :created_at: 2026-11-{day} 12:00:00.123456789 Z",
                "  :results:",
                "    output: |-",
                "      :submitters: nobody",
            ]
    write([(folder / "submission_metadata.yml", "\n".join(rows) + "\n")])
    return folder


def blackboard(folder: Path) -> Path:
    """Loose files with the user's name, the time and the attempt."""
    for student in [*PRESENT, STRANGER]:
        time = "2026-11-22-12-00-00" if student.id == LATE else "2026-11-19-12-00-00"
        begin = f"Homework 1_s{student.id}_attempt_"
        write([(folder / f"{begin}{time}.txt", f"Name: {student.name}\nFiles: step_01.py")])
        if student.id in (PACKED, DEEP):
            write([(folder / f"{begin}{time}_hw.zip", packed({f"hw/{n}": text for n, text in steps(student).items()}))])
        else:
            write((folder / f"{begin}{time}_{name}", text) for name, text in steps(student).items())
        if student.id == TWICE:
            again = {**steps(student), "step_02.py": steps(student, 2)["step_02.py"]}
            write((folder / f"{begin}2026-11-20-12-00-00_{name}", text) for name, text in again.items())
    return folder


def folders(folder: Path) -> Path:
    """A folder or an archive a person, named as people do, in a folder too many; and what is nobody's."""
    place = folder / "submissions" / "homework 1"
    for number, student in enumerate([*PRESENT, STRANGER]):
        forms = [student.id, f"{student.id}_{student.last}", student.email, f"hw1-{student.id}"]
        name = forms[number % 4]
        if student.id == PACKED:
            write([(place / f"{name}.zip", packed(steps(student)))])
        elif student.id == DEEP:
            write((place / name / "gpt2-main" / "steps" / file, text) for file, text in steps(student).items())
        else:
            write((place / name / file, text) for file, text in steps(student).items())
        if student.id == TWICE:
            again = {**steps(student), "step_02.py": steps(student, 2)["step_02.py"]}
            write((place / f"{name} (2)" / file, text) for file, text in again.items())
        if student.id == LATE:
            for path in (place / name).iterdir():
                os.utime(path, (1795348800, 1795348800))  # 2026-11-22 noon
        else:
            for path in [*place.glob(f"*{student.id}*"), *place.glob(f"*{student.id}*/**/*")]:
                os.utime(path, (1795003200, 1795003200))  # 2026-11-18 noon
    write([(place / ".DS_Store", ""), (place / "__MACOSX" / "._1001", ""), (place / "readme.txt", "Graded by Eve.")])
    return folder


PLATFORMS = {each.__name__: each for each in (canvas, moodle, gradescope, blackboard, folders)}


def one_zip(folder: Path, path: Path) -> Path:
    """A class's folder as the zip file that the platform gives."""
    with zipfile.ZipFile(path, "w") as archive:
        for each in sorted(folder.rglob("*")):
            if each.is_file():
                archive.write(each, f"{folder.name}/{each.relative_to(folder)}")
    return path
