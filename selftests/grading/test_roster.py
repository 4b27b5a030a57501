"""A roster is read as LMSs export it and as people type it, and finds whose a file is by whatever is in its name."""

import pytest

from course.grading.roster import Ambiguous, Roster
from course.refusal import Refusal

TYPED = """id,name,email,section,files,extension
1001,Ada Lovelace,ada@example.org,Tuesday,king-*;countess?,2 days
1002,"Hopper, Grace Brewster",grace.hopper@example.org,Friday,,
1003,José Núñez,jn3@example.org,Friday,,
1004,علی‌رضا,ali@example.org,,,
"""
CANVAS = """\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,HW1 (77)
    Points Possible,,,,,10
"Lovelace, Ada",4021,1001,ada@example.org,Tuesday,7
"Student, Test",1,,x,Tuesday,
"""
MOODLE = """First name;Surname;ID number;Email address;Groups
Ada;Lovelace;1001;ada@example.org;Tuesday
"""
BLACKBOARD = '"Last Name"\t"First Name"\t"Username"\t"Student ID"\n"Lovelace"\t"Ada"\t"alovelace"\t"1001"\n'
GRADESCOPE = "Name,SID,Email,Sections\nAda Lovelace,1001,ada@example.org,Tuesday\n"


def roster(tmp_path, text: str, encoding: str = "utf-8") -> Roster:
    (tmp_path / "roster.csv").write_text(text, encoding=encoding)
    return Roster.read(tmp_path / "roster.csv")


@pytest.mark.parametrize("text", [TYPED, CANVAS, MOODLE, BLACKBOARD, GRADESCOPE])
def test_each_platforms_list_of_people_is_a_roster(tmp_path, text):
    ada = roster(tmp_path, text).people[0]
    assert (ada.id, ada.name) == ("1001", "Ada Lovelace")
    assert text == BLACKBOARD or ada.email == "ada@example.org"


def test_rows_that_are_nobody_are_left_out(tmp_path):
    assert [person.id for person in roster(tmp_path, CANVAS).people] == ["1001"]
    assert roster(tmp_path, CANVAS).people[0].columns["ID"] == "4021"


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("1001", "1001"),
        ("1001.zip", "1001"),
        ("ada@example.org", "1001"),
        ("ada", "1001"),  # the address before its @
        ("Ada Lovelace", "1001"),
        ("lovelaceada", "1001"),
        ("Lovelace_Ada.tar.gz", "1001"),
        ("ada-lovelace (1).zip", "1001"),
        ("Ada Lovelace v2", "1001"),
        ("hw1_ada_lovelace", "1001"),
        ("gpt2-1001-final.zip", "1001"),
        ("king-of-code", "1001"),  # patterns
        ("COUNTESS7", "1001"),
        ("Grace Hopper", "1002"),
        ("hoppergracebrewster", "1002"),
        ("grace.hopper@example.org_step_01.py", "1002"),
        ("jose_nunez", "1003"),
        ("علی‌رضا", "1004"),
        ("10010", None),
        ("adamant", None),
        ("step_01.py", None),
        ("hw1", None),
    ],
)
def test_people_are_found_by_id_address_pattern_and_name(tmp_path, name, id_):
    found = roster(tmp_path, TYPED).find(name)
    assert (found and found.id) == id_


def test_what_may_be_two_peoples_is_nobodys(tmp_path):
    made = roster(tmp_path, "id,name\n1,Ada Lovelace\n2,Ada Lovelace\n")
    with pytest.raises(Ambiguous, match="Ada Lovelace may be 1 or 2"):
        made.find("Ada Lovelace")
    assert made.find("2", "Ada Lovelace").id == "2"  # the surer one decides


def test_short_numbers_are_ids_only_alone(tmp_path):
    made = roster(tmp_path, "id,name\n1,Ada Lovelace\n2,Bob Hope\n")
    assert made.find("1").id == "1" and made.find("homework 1 of 2") is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "nothing"),
        ("shoe size\n38\n", "shoe size"),
        ("id,name\n", "lists nobody"),
        ("id,name\n1001,Ada\n1002,Bob\n1001,Eve\n", "line 4: '1001' is in line 2 already"),
        ("id,name\n1001,Ada,Lovelace\n", "line 2: 3 cells under 2 headers: 'Lovelace'"),
        ("id,section\n,Friday\n", "line 2: no id, e-mail or name in ', Friday'"),
    ],
)
def test_what_is_no_roster_is_refused_with_the_line(tmp_path, text, named):
    with pytest.raises(Refusal) as error:
        roster(tmp_path, text)
    assert named in str(error.value) and "roster.csv" in str(error.value)


def test_a_roster_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(Refusal, match="No such file"):
        Roster.read(tmp_path / "none.csv")
    for content in (b"id,name\n1,\x81\n", b"PK\3\4\0\0", b"\xff\xfei"):
        (tmp_path / "roster.csv").write_bytes(content)
        with pytest.raises(Refusal, match="roster.csv is not text: save it as CSV UTF-8"):
            Roster.read(tmp_path / "roster.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("begin", ["", "sep=;\n", "\n"])
def test_what_excel_saves_is_a_roster(tmp_path, encoding, end, begin):
    text = begin + "Matrikelnummer;Vorname;Nachname;Note;Gruppe;;\n007;Jürgen;Müßig;;B;;\n"
    (person,) = roster(tmp_path, text.replace("\n", end), encoding).people
    assert (person.id, person.name, person.section) == ("007", "Jürgen Müßig", "B")


@pytest.mark.parametrize(
    "name", ["Jürgen Müßig", "Ju\u0308rgen Mu\u0308ßig", "muessig_juergen.zip", "mussigjurgen", "7", "0007"]
)
def test_a_name_is_found_however_its_letters_are_written(tmp_path, name):
    assert roster(tmp_path, "id,name\n007,Jürgen Müßig\n8,Ørjan Łuk\n").find(name).id == "007"
    assert roster(tmp_path, "id,name\n007,Jürgen Müßig\n8,Ørjan Łuk\n").find("luk_orjan").id == "8"


def test_who_stands_in_two_sections_is_one_person(tmp_path):
    made = roster(tmp_path, "id,name,section\n1001,Ada Lovelace,Friday\n1002,Bob,Friday\n1001,Ada Lovelace,Tuesday\n")
    assert [(person.id, person.sections) for person in made.people] == [
        ("1001", ["Friday", "Tuesday"]),
        ("1002", ["Friday"]),
    ]
    with pytest.raises(Refusal, match="line 3: '1001' is in line 2 already"):
        roster(tmp_path, "id,name,section\n1001,Ada Lovelace,Friday\n1001,Eve,Tuesday\n")
