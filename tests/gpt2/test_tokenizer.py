"""Text is written once, as soon as it is whole, and no character is ever cut."""

import pytest

from gpt2.checkpoint import CheckpointError
from gpt2.tokenizer import TextStream, load_tokenizer


@pytest.fixture
def tokenizer(folder):
    return load_tokenizer(folder, vocab_size=257)


def written(tokenizer, ids):
    """What a stream writes, piece by piece, as ids grow from one token to all."""
    pieces = []
    stream = TextStream(tokenizer, pieces.append)
    for end in range(1, len(ids) + 1):
        stream.update(ids[:end])
    stream.finish(ids)
    return pieces


def test_characters_of_one_to_four_bytes_are_written_whole(tokenizer):
    assert written(tokenizer, tokenizer.encode("aé€😀b").ids) == ["a", "é", "€", "😀", "b"]


def test_bytes_that_never_make_a_character_are_written_as_the_tokenizer_has_it(tokenizer):
    euro, letter = tokenizer.encode("€").ids, tokenizer.encode("x").ids
    for ids in (euro[:2] + letter, euro[1:] + letter + euro, letter + euro[:2], euro[:1] * 3 + letter):
        assert "".join(written(tokenizer, ids)) == tokenizer.decode(ids)
        assert "\ufffd" in tokenizer.decode(ids)


def test_special_tokens_have_no_text(tokenizer):
    assert written(tokenizer, tokenizer.encode("a<|endoftext|>").ids) == ["a"]


def test_nothing_is_written_where_there_is_nothing_new(tokenizer):
    pieces = []
    stream = TextStream(tokenizer, pieces.append)
    ids = tokenizer.encode("ab").ids
    stream.update(ids)
    stream.update(ids)
    stream.finish(ids)
    assert pieces == ["ab"]


def test_a_missing_tokenizer_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"has no tokenizer\.json"):
        load_tokenizer(tmp_path, vocab_size=257)


@pytest.mark.parametrize("text", ["", "{}", "[]", "<html>"])
def test_a_damaged_tokenizer_names_its_file(tmp_path, text):
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"tokenizer\.json cannot be read"):
        load_tokenizer(tmp_path, vocab_size=257)


def test_a_tokenizer_of_another_model_is_refused(folder):
    with pytest.raises(CheckpointError, match="ids up to 256; the model has 256 tokens"):
        load_tokenizer(folder, vocab_size=256)
