"""A training that is killed goes on, and comes to the very weights of one that nobody has disturbed."""

import errno
import os
import signal

import pytest

from selftests.training.conftest import interrupt
from training import files

COMMAND = ["--size", "tiny", "--steps", "80", "--seed", "3"]


def test_killed_and_interrupted_it_comes_to_the_same_weights(start, text, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    process = start(text, *COMMAND, "--to", whole)
    _, errors = process.communicate()
    assert process.returncode == 0, errors

    assert interrupt(start(text, *COMMAND, "--to", broken), "step 20 of 80", signal.SIGKILL) == -signal.SIGKILL
    assert not (broken / "model.safetensors").exists()
    assert interrupt(start(text, *COMMAND, "--to", broken), "step 40 of 80", signal.SIGINT) == 130
    process = start(text, *COMMAND, "--to", broken)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    assert errors.startswith("Going on from step 4")  # and not from the beginning
    for name in ("model.safetensors", "tokenizer.json"):
        assert (broken / name).read_bytes() == (whole / name).read_bytes(), name


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_disk_that_fills_leaves_the_file_before_it_whole(tmp_path, monkeypatch, function):
    path = tmp_path / "state"
    files.write(path, b"before")

    def is_full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, function, is_full)
    with pytest.raises(OSError, match="No space left"):
        files.write(path, b"after")
    assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]
