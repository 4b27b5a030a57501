"""What is huge, spoiled or encrypted is refused or read as far as it can be, and ends nothing."""

import contextlib
import io
import tarfile
import zipfile

import pytest

from course.grading import contents
from course.grading.contents import FILE_LIMIT
from course.grading.submissions import BadSubmission, find
from selftests.grading.handed_in import make_tar, make_zip, read


def test_huge_file_is_refused(folder):
    with open(folder / "step_03.py", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(BadSubmission, match="step_03.py is larger than"):
        read(folder)


def test_zip_bomb_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("step_01.py", b"\0" * (64 * FILE_LIMIT))
    assert (tmp_path / "a.zip").stat().st_size < FILE_LIMIT
    with pytest.raises(BadSubmission, match="step_01.py is larger than"):
        read(tmp_path / "a.zip")


def test_tar_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(contents, "ARCHIVE_LIMIT", 1 << 22)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("zeros")
        info.size = 1 << 23
        archive.addfile(info, io.BytesIO(bytes(info.size)))
    with pytest.raises(BadSubmission, match="more than"):
        read(tmp_path / "a.tar.gz")


def test_tar_bomb_in_a_header_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(contents, "ARCHIVE_LIMIT", 1 << 22)
    info = tarfile.TarInfo("step_01.py")
    info.pax_headers = {"comment": "x" * (1 << 23)}
    path = make_tar(tmp_path / "a.tar.gz", info)
    assert path.stat().st_size < 1 << 16
    with pytest.raises(BadSubmission, match="more than 4 MiB"):
        read(path)


def test_archive_of_too_many_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(contents, "ENTRIES_LIMIT", 3)
    with pytest.raises(BadSubmission, match="more than 3 files"):
        read(make_tar(tmp_path / "a.tar.gz", *(f"{number}" for number in range(4))))
    with pytest.raises(BadSubmission, match="more than 3 files"):
        read(make_zip(tmp_path / "a.zip", *(f"{number}" for number in range(4))))


def test_huge_archive_is_refused(tmp_path, monkeypatch):
    path = make_zip(tmp_path / "a.zip", "step_01.py")
    monkeypatch.setattr(contents, "ARCHIVE_LIMIT", 10)
    with pytest.raises(BadSubmission, match="an archive of more than"):
        read(path)


@pytest.mark.parametrize(
    "make, packing",
    [(make_zip, getattr(zipfile, f"ZIP_{name}")) for name in ("STORED", "DEFLATED", "BZIP2", "LZMA")]
    + [(make_tar, name) for name in ("", "gz", "bz2", "xz")],
)
def test_archives_that_were_cut_or_changed_are_refused_or_read(tmp_path, make, packing):
    name = "a.zip" if make is make_zip else "a.tar"
    whole = make(tmp_path / name, "step_01.py", packing=packing).read_bytes()
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "step_02.py").touch()
    for place in range(0, min(len(whole), 1024), 7):
        changed = bytes([*whole[:place], whole[place] ^ 0x55, *whole[place + 1 :]])
        for content in (whole[:place], changed):
            (tmp_path / name).write_bytes(content)
            assert [each.name for each in find([tmp_path])] == [name, "ada"]  # a spoiled one, too, is listed
            with contextlib.suppress(BadSubmission):
                assert set(read(tmp_path / name)) <= {1}


def test_encrypted_zip_is_refused(tmp_path):
    path = make_zip(tmp_path / "a.zip", "step_01.py")
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag in the file's own header, and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(BadSubmission, match="encrypted"):
        read(path)
