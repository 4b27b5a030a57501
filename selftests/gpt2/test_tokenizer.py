"""Text is told once, as soon as it is certain, and no character is ever cut."""

import json

import pytest

from gpt2.checkpoint import CheckpointError
from gpt2.tokenizer import TextStream, load_tokenizer


@pytest.fixture
def tokenizer(folder):
    return load_tokenizer(folder, vocab_size=257)


def written(tokenizer, ids, stop=()):
    """What a stream tells, piece by piece, as ids grow from one token to all."""
    stream = TextStream(tokenizer, stop)
    pieces = []
    for end in range(1, len(ids) + 1):
        pieces.append(stream.update(ids[:end]))
        if stream.stopped:
            ids = ids[:end]
            break
    pieces.append(stream.finish(ids))
    return [piece for piece in pieces if piece]


def test_characters_of_one_to_four_bytes_are_written_whole(tokenizer):
    assert written(tokenizer, tokenizer.encode("aé€😀b").ids) == ["a", "é", "€", "😀", "b"]


def test_bytes_that_never_make_a_character_are_written_as_the_tokenizer_has_it(tokenizer):
    euro, letter = tokenizer.encode("€").ids, tokenizer.encode("x").ids
    for ids in (euro[:2] + letter, euro[1:] + letter + euro, letter + euro[:2], euro[:1] * 3 + letter):
        assert "".join(written(tokenizer, ids)) == tokenizer.decode(ids)
        assert "\ufffd" in tokenizer.decode(ids)


def test_special_tokens_have_no_text(tokenizer):
    assert written(tokenizer, tokenizer.encode("a<|endoftext|>").ids) == ["a"]


def test_nothing_is_told_twice(tokenizer):
    stream = TextStream(tokenizer)
    ids = tokenizer.encode("ab").ids
    assert [stream.update(ids), stream.update(ids), stream.finish(ids)] == ["ab", "", ""]


@pytest.mark.parametrize(
    ("stop", "pieces"),
    [
        (["x"], ["o", "n", "e", " ", "t", "w", "o"]),
        (["t"], ["o", "n", "e", " "]),
        (["ne t"], ["o"]),
        (["o"], []),
        (["two!"], ["o", "n", "e", " ", "two"]),  # held back in vain until the end
        (["nex"], ["o", "ne ", "t", "w", "o"]),  # held back in vain until the next letter
        (["tw", "e t"], ["o", "n"]),  # the first one to be whole
    ],
)
def test_a_stop_string_ends_the_text_and_no_part_of_it_is_told(tokenizer, stop, pieces):
    assert written(tokenizer, tokenizer.encode("one two").ids, stop) == pieces


def test_all_that_a_stop_string_may_begin_with_is_held_back(tokenizer):
    assert written(tokenizer, tokenizer.encode("xaab").ids, ["aab"]) == ["x"]
    assert written(tokenizer, tokenizer.encode("xaaab").ids, ["aab"]) == ["x", "a"]


def test_a_stop_string_inside_one_token_ends_the_text():
    from course.curriculum.steps import STORYTELLER

    stream = TextStream(load_tokenizer(STORYTELLER, 1024), ["on", "po"])
    (id,) = stream._tokenizer.encode(" upon").ids
    assert (stream.update([id]), stream.stopped) == (" u", True)


def test_a_stop_string_of_a_character_of_several_tokens(tokenizer):
    assert written(tokenizer, tokenizer.encode("a€😀b").ids, ["😀"]) == ["a", "€"]


def test_vocab_and_merges_make_the_same_tokens_as_tokenizer_json(tmp_path):
    """As the first checkpoints of GPT-2 have it."""
    from course.curriculum.steps import STORYTELLER

    whole = load_tokenizer(STORYTELLER, 1024)
    model = json.loads((STORYTELLER / "tokenizer.json").read_text())["model"]
    end = {"<|endoftext|>": whole.token_to_id("<|endoftext|>")}
    (tmp_path / "vocab.json").write_text(json.dumps(model["vocab"] | end))
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    (tmp_path / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]) + "\n")
    parts = load_tokenizer(tmp_path, 1024)
    text = "Once upon a time, Zoë's  cat\n said: 12 😀!<|endoftext|>And"
    assert parts.encode(text).ids == whole.encode(text).ids
    assert parts.decode(parts.encode(text).ids) == whole.decode(whole.encode(text).ids)


def test_damaged_merges_are_named(tmp_path):
    (tmp_path / "vocab.json").write_text('{"a": 0}')
    (tmp_path / "merges.txt").write_text("#version: 0.2\na b c d\n")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_tokenizer(tmp_path, 1024)


def test_a_missing_tokenizer_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"has no tokenizer\.json"):
        load_tokenizer(tmp_path, vocab_size=257)


@pytest.mark.parametrize("text", ["", "{}", "[]", "<html>"])
def test_a_damaged_tokenizer_names_its_file(tmp_path, text):
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"tokenizer\.json cannot be read"):
        load_tokenizer(tmp_path, vocab_size=257)


def test_a_tokenizer_of_another_model_is_refused(folder):
    with pytest.raises(CheckpointError, match="ids up to 255; the model has 255 tokens"):
        load_tokenizer(folder, vocab_size=255)
