"""Submissions are found in folders and archives, and read with care: nothing outside and nothing twice."""

import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from course.grading import contents
from course.grading.submissions import BadSubmission, Submission, find
from selftests.grading.handed_in import link, make_tar, make_zip, read

NAMES = ("step_02.py", "hw/step_03.py", "hw/steps/step_04.py")
WANTED = {2: b"# step_02.py", 3: b"# hw/step_03.py", 4: b"# hw/steps/step_04.py"}


# Where submissions are


def test_path_is_a_submission_or_holds_some(folder):
    archive = make_zip(folder.parent / "bob.zip", "step_01.py")
    (folder.parent / "notes.txt").write_text("not a submission")
    assert [each.name for each in find([folder])] == ["ada"]
    assert [each.name for each in find([archive])] == ["bob.zip"]
    assert [each.name for each in find([folder.parent, folder])] == ["ada", "bob.zip"]


def test_same_names_are_told_apart(folder):
    other = folder.parent / "class" / "ada"
    other.mkdir(parents=True)
    (other / "step_01.py").touch()
    assert [each.name for each in find([folder, other])] == [str(folder), str(other)]


def test_folder_without_steps_is_listed_beside_others(folder):
    (folder.parent / "empty").mkdir()
    empty = find([folder.parent])[1]
    with pytest.raises(BadSubmission, match="holds no step_NN.py"):
        empty.read()


def test_path_without_submissions_is_refused(tmp_path):
    with pytest.raises(BadSubmission, match="holds no submission"):
        find([tmp_path])
    with pytest.raises(FileNotFoundError):
        find([tmp_path / "missing"])


@pytest.mark.parametrize("name", ["--help", "-rf", "a\nb", "\x1b[2J", " ", "ä$(id)"])
def test_odd_names_are_names(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "step_01.py").write_bytes(b"mine")
    (found,) = find([tmp_path])
    assert (found.name, found.read()) == (name, {1: b"mine"})


# What is in them


def test_folder_is_read(folder):
    (folder / "steps").mkdir()
    (folder / "steps" / "step_14.py").write_bytes(b"last")
    (folder / "step_40.py").touch()  # there is no such step
    (folder / "step_1.py").touch()
    assert read(folder) == {2: b"mine", 14: b"last"}


@pytest.mark.parametrize("make, name", [(make_zip, "a.zip"), (make_tar, "a.tar.gz")])
def test_archives_are_read_wherever_the_steps_are(tmp_path, make, name):
    assert read(make(tmp_path / name, *NAMES, "__MACOSX/._step_05.py", "__MACOSX/step_05.py")) == WANTED


@pytest.mark.parametrize("make, name", [(make_zip, "a.zip"), (make_tar, "a.tar.gz")])
def test_nothing_is_unpacked_whatever_the_names(tmp_path, make, name):
    outside = tmp_path / "inner"
    outside.mkdir()
    path = make(outside / name, "../step_02.py", f"{tmp_path}/step_03.py", "-x/step_04.py", "a\nb/step_05.py")
    assert sorted(read(path)) == [2, 3, 4, 5]
    assert [each.name for each in tmp_path.iterdir()] == ["inner"]
    assert [each.name for each in outside.iterdir()] == [name]


def test_step_that_is_there_twice_is_refused(tmp_path):
    with pytest.raises(BadSubmission, match="step_02.py is there twice"):
        read(make_zip(tmp_path / "a.zip", "step_02.py", "old/step_02.py"))


def test_links_in_folders_are_not_followed(folder):
    secret = folder.parent / "secret"
    secret.write_text("secret")
    (folder / "step_03.py").symlink_to(secret)
    with pytest.raises(BadSubmission, match="cannot be read"):
        read(folder)


def test_linked_folders_are_not_followed(folder):
    (folder.parent / "class").mkdir()
    (folder.parent / "class" / "eve").symlink_to(folder)
    with pytest.raises(BadSubmission, match="holds no submission"):
        find([folder.parent / "class"])


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_only_regular_files_of_a_tar_are_read(tmp_path, kind):
    path = make_tar(tmp_path / "a.tar.gz", "step_01.py", link("step_02.py", "/etc/passwd", kind))
    assert sorted(read(path)) == [1]


def test_links_in_a_zip_are_left_alone(tmp_path):
    path = make_zip(tmp_path / "a.zip", "step_01.py")
    info = zipfile.ZipInfo("step_02.py")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, "/etc/passwd")
    assert sorted(read(path)) == [1]


def test_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / "step_03.py")
    with pytest.raises(BadSubmission, match="not a regular file"):
        read(folder)


# What is left out is told


def unused(path: Path) -> str:
    return Submission(path.name, path).read().unused


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("step_1.py", "expected step_01.py"),
        ("Step_04.py", "expected step_04.py"),
        ("step_04.PY", "expected step_04.py"),
        ("step04.py", "expected step_04.py"),
        ("ada_step_03.py", "expected step_03.py"),
        ("step_03 (1).py", "expected step_03.py"),
        ("step_03.py.txt", "expected step_03.py"),
        ("step_40.py", "there is no such step"),
        (f"step_{9:05000}.py"[:200] + ".py", "there is no such step"),
        ("rest.ipynb", "a notebook"),
        ("rest.RAR", ".rar is not read"),
        ("rest.7z", ".7z is not read"),
        ("rest.zip", "cannot be read: neither a zip nor a tar file"),
    ],
)
def test_what_was_meant_to_count_is_named(folder, name, why):
    (folder / name).write_bytes(b"mine")
    assert read(folder) == {2: b"mine"} and f"{name[-80:]} ({why}" in unused(folder)
    made = make_zip(folder.parent / "packed.zip", "step_02.py", name)
    assert f"{name[-80:]} ({why}" in unused(made)


def test_what_a_course_holds_is_not_named(folder):
    for name in (
        "tests/test_step_02.py",
        "book/notebook/gpt2.ipynb",
        "kernels/eager.tar.xz",
        "book/src/step_02.md",
        "a.txt",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    assert unused(folder) == ""


def test_of_two_steps_the_nearer_one_counts_and_the_other_one_is_named(folder):
    for name in ("old/step_02.py", "steps/step_03.py", "part/two/step_04.py"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(name)
    assert read(folder) == {2: b"mine", 3: b"steps/step_03.py", 4: b"part/two/step_04.py"}
    assert unused(folder) == "old/step_02.py (step_02.py counts)"


def test_links_to_folders_are_named(folder):
    (folder / "steps").symlink_to(folder.parent)
    assert unused(folder) == "steps (a link)"


def test_what_has_no_steps_says_what_was_not_used(folder):
    (folder / "step_02.py").rename(folder / "step_2.py")
    with pytest.raises(
        BadSubmission, match=r"holds no step_NN.py; found but not used: step_2.py \(expected step_02.py\)"
    ):
        read(folder)


def test_of_many_a_few_are_named(folder):
    for number in range(20):
        (folder / f"step_02 ({number}).py").touch()
    assert unused(folder).count("expected") == 5 and unused(folder).endswith(", 15 more")


@pytest.mark.parametrize(
    "name",
    ["carol.7z", "dan.rar", "eve.ipynb", "step_1.py", "link", "pipe.zip"],
    ids=lambda name: name.partition(".")[2],
)
def test_hand_ins_of_other_kinds_get_a_row_that_says_why(folder, name):
    path = folder.parent / name
    if name == "link":
        path.symlink_to(folder)
    elif name == "pipe.zip":
        os.mkfifo(path)
    else:
        path.write_bytes(b"Rar!")
    _, found = sorted(find([folder.parent]), key=lambda each: each.name == name)
    with pytest.raises(BadSubmission, match="found but not used|not a regular file"):
        found.read()


def test_what_lies_beside_hand_ins_is_nobodys(folder):
    make_zip(folder.parent / "roster.xlsx", "xl/workbook.xml")
    (folder.parent / "__MACOSX").mkdir()
    (folder.parent / "grades" / "results").mkdir(parents=True)
    (folder.parent / "marks" / "results").mkdir(parents=True)
    (folder.parent / "marks" / "grades.json").touch()
    assert [each.name for each in find([folder.parent], folder.parent / "grades")] == ["ada"]


# Where steps are found


@pytest.mark.parametrize("name", ["hw/step_03.py", "gpt2-main/steps/step_03.py", "a/b/c/step_03.py"])
def test_packed_and_unpacked_are_the_same(tmp_path, name):
    (packed, unpacked) = make_zip(tmp_path / "a.zip", name), tmp_path / "a"
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(unpacked)
    assert read(packed) == read(unpacked) == {3: f"# {name}".encode()}


@pytest.mark.parametrize("packing", ["zip", "tar"])
def test_archives_in_folders_and_archives_are_read(tmp_path, packing):
    (tmp_path / "ada").mkdir()
    inner = make_zip(tmp_path / "ada" / "hw.zip", "hw/step_03.py")
    make_tar(tmp_path / "ada" / "more.tar.gz", "step_04.py")
    wanted = {3: b"# hw/step_03.py", 4: b"# step_04.py"}
    assert read(tmp_path / "ada") == wanted and unused(tmp_path / "ada") == ""
    if packing == "zip":
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.write(inner, "hw.zip")
    else:
        with tarfile.open(tmp_path / "a.zip", "w:gz") as archive:
            archive.add(inner, "hw.zip")
    assert read(tmp_path / "a.zip") == {3: b"# hw/step_03.py"}


def test_archives_beside_steps_give_those_that_are_missing(folder):
    make_zip(folder / "rest.zip", "step_02.py", "hw/step_03.py")
    make_zip(folder / "pictures.zip", "mask.png")
    assert read(folder) == {2: b"mine", 3: b"# hw/step_03.py"}
    assert unused(folder) == "pictures.zip (it holds no step_NN.py)"


def test_a_spoiled_archive_in_a_folder_is_named(tmp_path):
    (tmp_path / "ada").mkdir()
    make_zip(tmp_path / "ada" / "hw.zip", "step_03.py")
    (tmp_path / "ada" / "rest.zip").write_bytes(b"PK")
    assert unused(tmp_path / "ada") == "rest.zip (cannot be read: neither a zip nor a tar file)"


def test_archives_in_archives_have_an_end(tmp_path, monkeypatch):
    path = make_zip(tmp_path / "0.zip", "step_03.py")
    for number in range(1, 5):
        with zipfile.ZipFile(tmp_path / f"{number}.zip", "w") as archive:
            archive.write(path, path.name)
        path = tmp_path / f"{number}.zip"
    assert read(tmp_path / "2.zip") == {3: b"# step_03.py"}
    with pytest.raises(BadSubmission, match="holds no step_NN.py"):
        read(tmp_path / "4.zip")
    monkeypatch.setattr(contents, "ARCHIVE_LIMIT", 200)
    with pytest.raises(BadSubmission, match="more than"):
        read(tmp_path / "2.zip")


def test_the_same_step_twice_with_the_same_text_is_one(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").mkdir()
    (tmp_path / "a" / "two").mkdir()
    for name in ("one", "two"):
        (tmp_path / "a" / name / "step_03.py").write_text("mine")
    assert read(tmp_path / "a") == {3: b"mine"}
    (tmp_path / "a" / "two" / "step_03.py").write_text("other")
    with pytest.raises(BadSubmission, match="step_03.py is there twice"):
        read(tmp_path / "a")


def test_a_path_may_be_one_submission_whatever_folders_it_has(tmp_path):
    for name in ("hw", "pictures"):
        (tmp_path / "submission" / name).mkdir(parents=True)
    (tmp_path / "submission" / "hw" / "step_01.py").write_text("mine")
    (found,) = find([tmp_path / "submission"], whole=True)
    assert (found.name, found.read()) == ("submission", {1: b"mine"})
    with pytest.raises(BadSubmission, match="holds no submission"):
        find([tmp_path / "submission" / "pictures"], whole=True)


def test_folders_of_many_files_are_read_as_far_as_the_limit(folder, monkeypatch):
    monkeypatch.setattr(contents, "ENTRIES_LIMIT", 3)
    for number in range(9):
        (folder / f"z{number}").touch()
    assert read(folder) == {2: b"mine"} and "more than 3 files: the rest is not looked at" in unused(folder)
