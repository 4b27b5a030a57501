"""What a class of twenty hands in on each platform is joined to the roster: everybody's steps, and nobody else's."""

import os
import subprocess
import unicodedata
import zipfile
from datetime import datetime, timezone

import pytest

from course.grading.joining import join
from course.grading.roster import Roster
from course.grading.submissions import BadSubmission
from course.refusal import Refusal
from selftests.grading import classes
from selftests.grading.classes import DEEP, LATE, PACKED, PLATFORMS, PRESENT, STRANGER, TWICE


@pytest.fixture
def roster(tmp_path) -> Roster:
    return Roster.read(classes.roster(tmp_path / "roster.csv"))


def joined(roster, tmp_path, *paths, **named):
    (tmp_path / "scratch").mkdir(exist_ok=True)
    return join(paths, roster, tmp_path / "scratch", tmp_path / "grades", **named)


def text(content: bytes) -> str:
    return content.decode().strip("# \n")


@pytest.mark.parametrize("packing", ["folder", "too deep", "zip"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_everybody_gets_their_own_steps(roster, tmp_path, platform, packing):
    folder = PLATFORMS[platform](tmp_path / "down" / "loads" / "export")
    path = {"folder": folder, "too deep": tmp_path / "down", "zip": tmp_path / "export.zip"}[packing]
    if packing == "zip":
        classes.one_zip(folder, path)
    attempts = joined(roster, tmp_path, path)
    known = [attempt for attempt in attempts if attempt.person]
    # John Smith is two people, who share a name and nothing else: where only the name is there, Moodle's number tells.
    assert [each.person.id for each in known if each.number == 1] == [student.id for student in PRESENT]
    for attempt in known:
        found = {step: text(content) for step, content in attempt.read().items()}
        last = 2 if attempt.person.id == TWICE and (attempt.number == 2 or platform == "moodle") else 1
        assert found == {1: f"{attempt.name} attempt 1", 2: f"{attempt.name} attempt {last}"}
    assert [each.person.id for each in known if each.number == 2] == ([TWICE] if platform != "moodle" else [])
    (unknown,) = [attempt for attempt in attempts if not attempt.person]
    assert (
        set(map(text, unknown.read().values())) == {f"{STRANGER.id} attempt 1"} and "not in the roster" in unknown.note
    )


@pytest.mark.parametrize(
    ("platform", "source"),
    [("canvas", "Canvas"), ("gradescope", "metadata"), ("blackboard", "Blackboard"), ("folders", "file")],
)
def test_when_it_came_and_who_says_so(roster, tmp_path, platform, source):
    attempts = {each.name: each for each in joined(roster, tmp_path, PLATFORMS[platform](tmp_path / "class"))}
    late, other = attempts[LATE].moment, attempts["1001"].moment
    assert {late.source, other.source} == {source}
    if platform == "canvas":
        assert (late.is_late, other.is_late) == (True, False)
    else:
        assert late.time.day == 22 and other.time.day < 21


def test_git_says_when(roster, tmp_path):
    folder = tmp_path / "class" / "1001"
    folder.mkdir(parents=True)
    (folder / "step_01.py").write_text("mine")
    when = "2026-11-19T12:00:00+00:00"
    environment = os.environ | {
        f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environment |= {"GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": when}
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "mine"]):
        subprocess.run(["git", *command], cwd=folder, env=environment, check=True)
    proof = tmp_path / "started"
    (folder / ".git" / "config").write_text(f"[core]\n fsmonitor = touch {proof}\n[log]\n showSignature = true\n")
    (attempt,) = joined(roster, tmp_path, tmp_path / "class")
    assert attempt.moment.source == "Git" and attempt.moment.time == datetime(2026, 11, 19, 12, tzinfo=timezone.utc)
    subprocess.run(["git", "pack-refs", "--all"], cwd=folder, env=environment, check=True)
    assert joined(roster, tmp_path, tmp_path / "class")[0].moment == attempt.moment
    (folder / ".git" / "HEAD").write_text("ref: refs/../../secret\n")
    assert joined(roster, tmp_path, tmp_path / "class")[0].moment.source == "file"
    assert not proof.exists()


def test_who_may_be_two_people_is_unknown_and_told(roster, tmp_path):
    classes.write(
        [(tmp_path / "class" / "John Smith" / "step_01.py", "mine"), (tmp_path / "class" / "1001" / "step_01.py", "a")]
    )
    _, unknown = joined(roster, tmp_path, tmp_path / "class")
    assert unknown.person is None and "John Smith may be 1014 or 1015" in unknown.note


def test_numbers_of_a_platform_are_not_ids(roster, tmp_path):
    """Grace's number at Canvas is José's id."""
    classes.write([(tmp_path / "class" / "hoppergracebrewster_1003_9_step_01.py", "mine")])
    assert [each.name for each in joined(roster, tmp_path, tmp_path / "class")] == ["1002"]


def test_a_group_hands_in_for_each(roster, tmp_path):
    folder = tmp_path / "class"
    people = "".join(f"  - :sid: '{id_}'\n" for id_ in ("1001", "1002", "9999"))
    classes.write(
        [
            (folder / "submission_metadata.yml", f"submission_1:\n  :submitters:\n{people}"),
            (folder / "submission_1" / "step_01.py", "ours"),
        ]
    )
    attempts = joined(roster, tmp_path, folder)
    assert [each.name for each in attempts] == ["1001", "1002", "submission_1"]
    assert all(each.read() == {1: b"ours"} and "in a group of 3" in each.note for each in attempts)


def test_what_gradescope_lists_and_is_not_there_is_told(roster, tmp_path):
    classes.write(
        [(tmp_path / "class" / "submission_metadata.yml", "submission_1:\n  :submitters:\n  - :sid: '1001'\n")]
    )
    (attempt,) = joined(roster, tmp_path, tmp_path / "class")
    with pytest.raises(BadSubmission, match="submission_1"):
        attempt.read()
    (tmp_path / "class" / "submission_metadata.yml").write_text("a: [")
    with pytest.raises(Refusal, match="submission_metadata.yml is not YAML"):
        joined(roster, tmp_path, tmp_path / "class")


def test_attempts_are_in_the_order_of_their_numbers(roster, tmp_path):
    for name in ("1001 (10)", "1001", "1001 (2)"):
        classes.write([(tmp_path / "class" / name / "step_01.py", name)])
    assert [each.read()[1] for each in joined(roster, tmp_path, tmp_path / "class")] == [
        b"1001",
        b"1001 (2)",
        b"1001 (10)",
    ]


def test_parts_in_several_archives_are_one_attempt(roster, tmp_path):
    for number in (1, 2):
        name = f"lovelaceada_4_{number}_part-{number}.zip"
        classes.write([(tmp_path / "class" / name, classes.packed({f"step_0{number}.py": "mine"}))])
    (attempt,) = joined(roster, tmp_path, tmp_path / "class")
    assert sorted(attempt.read()) == [1, 2]


def test_what_cannot_be_read_is_the_persons(roster, tmp_path):
    classes.write(
        [(tmp_path / "class" / "lovelaceada_4_1_hw.rar", "Rar!"), (tmp_path / "class" / "1002" / "notes.txt", "")]
    )
    for attempt in joined(roster, tmp_path, tmp_path / "class"):
        with pytest.raises(BadSubmission, match="holds no step_NN.py"):
            attempt.read()


def test_links_and_names_lead_nowhere_else(roster, tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "step_01.py").write_text("secret")
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "1001").symlink_to(tmp_path / "secret")
    (tmp_path / "class" / "1002_step_01.py").symlink_to(tmp_path / "secret" / "step_01.py")
    for attempt in joined(roster, tmp_path, tmp_path / "class"):
        with pytest.raises(BadSubmission, match="link"):
            attempt.read()
    archive = tmp_path / "class.zip"
    archive.write_bytes(classes.packed({f"../../{id_}/step_01.py": id_ for id_ in ("1001", "1002")}))
    assert [each.read()[1] for each in joined(roster, tmp_path, archive)] == [b"1001", b"1002"]
    assert not (tmp_path / "1001").exists() and not (tmp_path.parent / "1001").exists()


def test_one_persons_path_is_theirs(roster, tmp_path):
    folder = classes.folders(tmp_path / "class") / "submissions" / "homework 1" / "1001"
    assert [each.name for each in joined(roster, tmp_path, folder)] == ["1001"]
    assert [each.name for each in joined(roster, tmp_path, folder, whole=True)] == ["1001"]
    with pytest.raises(Refusal, match="holds no submission"):
        joined(roster, tmp_path, classes.roster(tmp_path / "other.csv"))


def test_the_late_the_packed_and_the_deep_are_in_this_class():
    assert len(classes.STUDENTS) == 20 and {LATE, TWICE, PACKED, DEEP} <= {student.id for student in PRESENT}


STUDENT = {student.id: student for student in classes.STUDENTS}


def steps_of(name: str) -> dict[str, str]:
    return {f"step_{step:02}.py": f"# {name}\n" for step in classes.STEPS}


def test_a_class_as_people_pack_it(roster, tmp_path):
    place = tmp_path / "class"
    system = {"__MACOSX/hw/._step_01.py": "junk", "hw/.DS_Store": "junk"}
    inner = {f"hw/{name}": content for name, content in steps_of("1003").items()}
    nested = {"inner.zip": classes.packed(steps_of("1018"))}
    typed = f"{STUDENT['1004'].name}_10047_assignsubmission"
    classes.write(
        [
            (place / f"{STUDENT['1003'].name}_10037_assignsubmission_file_" / "hw.zip", classes.packed(inner | system)),
            (place / f"{typed}_onlinetext_" / "onlinetext.html", "<p>See the file."),
            *((place / f"{typed}_file_" / "onlinetext" / name, content) for name, content in steps_of("1004").items()),
            (
                place / f"{STUDENT['1005'].name}_10057_assignsubmission_file_onlinetext.zip",
                classes.packed(steps_of("1005")),
            ),
            (place / unicodedata.normalize("NFD", STUDENT["1018"].name) / "all.zip", classes.packed(nested)),
            *(
                (place / "Aeroe_Soeren" / "my work" / "steps" / name, content)
                for name, content in steps_of("1008").items()
            ),
            (place / "desktop.ini", "junk"),
            (place / "Thumbs.db", "junk"),
        ]
    )
    found = {
        each.person.id: set(map(text, each.read().values())) for each in joined(roster, tmp_path, place) if each.person
    }
    assert found == {id_: {id_} for id_ in ("1003", "1004", "1005", "1008", "1018")}


def test_names_in_a_zip_file_of_macos_are_those_that_people_have(roster, tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile.ZipInfo, "_encodeFilenameFlags", lambda info: (info.filename.encode(), info.flag_bits))
    folder = {
        f"class/{STUDENT[id_].name}/{name}": content
        for id_ in ("1003", "1008")
        for name, content in steps_of(id_).items()
    }
    classes.write([(tmp_path / "class.zip", classes.packed(folder))])
    attempts = joined(roster, tmp_path, tmp_path / "class.zip")
    assert [each.person and each.person.id for each in attempts] == ["1003", "1008"]
