"""What nothing can be learned from is refused before time is spent on it, and what is held out is not trained on."""

from collections import namedtuple

import pytest

from course.refusal import Refusal
from course.writing import train as command
from selftests.training.tales import tales
from training.text import read_text, split

Usage = namedtuple("Usage", "total used free")
TALES = tales(seed=1, count=200)


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Asks for a training on a file with this content; nothing may be installed or started."""

    def no_time(*_):
        raise AssertionError("time would have been spent")

    monkeypatch.setattr(command, "python_with", no_time)
    path = tmp_path / "text.txt"

    def train(content, size="tiny"):
        path.write_bytes(content)
        command.train(path, tmp_path / "out", size, seed=0, minutes=1, steps=None)

    return train


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"text\.txt is too short: 0 bytes, where a context of 64 tokens needs 6,400"),
        (TALES.encode()[:6399], r"is too short: 6,399 bytes"),
        (TALES.encode() + "Zoë".encode("latin-1"), rf"is not UTF-8: byte 0xeb at {len(TALES) + 2:,}"),
        (TALES.encode("utf-16"), "is not UTF-8: byte 0xff at 0"),
        (b"All work and no play.\n" * 5000, r"repeats itself: zlib squeezes its 110,000 bytes into \d"),
        (b"All work and no play. " * 5000, "repeats itself"),
        (TALES.encode() + b"\n" * 10000, "has nothing but blanks at its end"),
    ],
)
def test_such_a_text_is_refused_at_once(train, content, message):
    with pytest.raises(Refusal, match=message):
        train(content)


def test_a_larger_context_wants_a_longer_text(train):
    with pytest.raises(Refusal, match="a context of 256 tokens needs 25,600"):
        train(TALES.encode()[:25599], "small")


def test_a_folder_is_no_text(tmp_path):
    with pytest.raises(Refusal, match="is a folder: expected one text file"):
        command.train(tmp_path, None, "tiny", 0, 1, None)


def test_a_full_disk_is_said_first(train, monkeypatch):
    monkeypatch.setattr(command.shutil, "disk_usage", lambda folder: Usage(10**12, 10**12, 2_000_000))
    with pytest.raises(Refusal, match=r"a training of this size needs \d+ MB in .*out, where 2 MB are free"):
        train(TALES.encode())


def test_a_folder_of_somebody_else_is_left_alone(train, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.tex").write_text("")
    with pytest.raises(Refusal, match="out is there already, and is not from ./run train"):
        train(TALES.encode())


def test_a_good_text_is_trained_on(train):
    with pytest.raises(AssertionError, match="time would have been spent"):
        train(TALES.encode())


def test_the_last_tenth_is_held_out_from_the_beginning_of_a_line():
    (training,), (held_out,) = split(TALES)
    assert f"{training}\n{held_out}\n" == TALES
    assert 0.08 * len(TALES) < len(held_out) <= 0.1 * len(TALES)


def test_documents_are_parted_where_the_text_says_so(tmp_path):
    stories = tales(seed=2, count=300).splitlines()
    path = tmp_path / "stories.txt"
    path.write_text("\ufeff" + "\r\n<|endoftext|>".join(stories))
    text = read_text(path, n_positions=64)
    assert text.training + text.held_out == stories
    assert len(text.held_out) == pytest.approx(30, abs=3)
