"""Tokenizers of every kind read and write as `transformers` does with the same folder, also piece by piece."""

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer

from gpt2.checkpoint import CheckpointError
from gpt2.tokenizer import TextStream, encode, load_tokenizer

TEXTS = [
    "the king was talking in the garden",
    "a queen, a king and 12 cats said: don't!",
    "été à 5€ 😀",
    "the the",
    "n't 's 've 're . , ? ' s t ve re",
]
PROMPTS = [
    "the king was",
    " the  king",
    "talking",
    "a queen said: don't! 12",
    "don't! don ' t the don 's . a queen n't the king , 's 've 're!? ' a ' ' . the n ' t",
    "été 😀 the king",
    "the<|endoftext|>king",
    "<s>the</s>",
]
TIDIED = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": True}
GENERIC = {"tokenizer_class": "PreTrainedTokenizerFast"}  # tokenizer.json as it is


def trained(tokenizer: Tokenizer, trainer) -> Tokenizer:
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def byte_level(prefix=False, **options) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    return trained(
        tokenizer, trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, show_progress=False, **options)
    )


def words() -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return trained(tokenizer, trainers.WordLevelTrainer(special_tokens=["[UNK]"], show_progress=False))


def word_pieces(cleanup=True) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(cleanup=cleanup)
    trainer = trainers.WordPieceTrainer(vocab_size=80, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False)
    tokenizer = trained(tokenizer, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A", special_tokens=[("[CLS]", tokenizer.token_to_id("[CLS]"))]
    )
    return tokenizer


def unigram() -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=60, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False)
    return trained(tokenizer, trainer)


def end_of_word() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    trainer = trainers.BpeTrainer(
        vocab_size=120, special_tokens=["<unk>"], end_of_word_suffix="</w>", show_progress=False
    )
    return trained(tokenizer, trainer)


def like_llama() -> Tokenizer:
    """Spaces as ▁, characters that are not in the vocabulary as bytes."""
    bytes_ = {f"<0x{byte:02X}>": byte for byte in range(256)}
    pieces = ["▁", *"abcdefghijklmnopqrstuvwxyz", "▁the", "▁king", "th", "▁t"]
    vocab = bytes_ | {piece: 256 + index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[("t", "h"), ("▁", "t")], byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


def padded(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.enable_padding(length=16)
    tokenizer.enable_truncation(2)
    return tokenizer


def marked(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.add_special_tokens(["<s>", "[PAD]"])
    return tokenizer


def in_parts(folder: Path, tokenizer: Tokenizer) -> None:
    """vocab.json and merges.txt, as the first checkpoints of GPT-2 have it."""
    tokenizer.model.save(str(folder))


ROLES = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
SPECIAL = ["<s>", "</s>", "<unk>"]

# By name: the tokenizer, whether it is written in parts, and the files beside it.
KINDS = {
    "byte-level": (byte_level, False, {}),
    "byte-level, in parts": (byte_level, True, {}),
    "byte-level, space in front": (
        lambda: byte_level(prefix=True),
        False,
        {"tokenizer_config.json": {"add_prefix_space": True}},
    ),
    "byte-level, generic": (byte_level, False, {"tokenizer_config.json": GENERIC}),
    "byte-level, generic, space in front": (lambda: byte_level(prefix=True), False, {"tokenizer_config.json": GENERIC}),
    "in parts, space in front": (byte_level, True, {"tokenizer_config.json": {"add_prefix_space": True}}),
    "in parts, begun": (byte_level, True, {"tokenizer_config.json": {"add_bos_token": True}}),
    "in parts, special tokens in the map": (
        lambda: byte_level(special_tokens=SPECIAL),
        True,
        {"special_tokens_map.json": ROLES},
    ),
    "in parts, special tokens as objects": (
        lambda: byte_level(special_tokens=SPECIAL),
        True,
        {
            "special_tokens_map.json": {
                "bos_token": {
                    "content": "<s>",
                    "lstrip": False,
                    "rstrip": True,
                    "normalized": False,
                    "single_word": False,
                }
            }
        },
    ),
    "in parts, special tokens in the configuration": (
        lambda: byte_level(special_tokens=SPECIAL),
        True,
        {"tokenizer_config.json": ROLES | {"add_bos_token": True}},
    ),
    "in parts, tokens by id": (
        lambda: byte_level(special_tokens=SPECIAL),
        True,
        {
            "tokenizer_config.json": {
                "added_tokens_decoder": {
                    "0": {"content": "<s>", "special": True},
                    "1": {"content": "</s>", "special": True},
                    "300": {"content": "king", "special": False},
                }
            }
        },
    ),
    "in parts, added tokens": (
        byte_level,
        True,
        {"added_tokens.json": {"<s>": 300, "king": 301}, "special_tokens_map.json": {"bos_token": "<s>"}},
    ),
    "extra tokens": (byte_level, False, {"tokenizer_config.json": {"additional_special_tokens": ["<s>", "</s>"]}}),
    "special tokens beside tokenizer.json": (
        byte_level,
        False,
        {"special_tokens_map.json": {"pad_token": "[PAD]", "bos_token": "<s>"}},
    ),
    "padded and cut": (lambda: padded(byte_level()), False, {}),
    "padded and cut words": (lambda: padded(words()), False, {"tokenizer_config.json": GENERIC}),
    "with tokens added": (lambda: marked(byte_level()), False, {}),
    "words": (words, False, {"tokenizer_config.json": GENERIC}),
    "word pieces": (word_pieces, False, {"tokenizer_config.json": GENERIC}),
    "word pieces, not cleaned": (lambda: word_pieces(cleanup=False), False, {"tokenizer_config.json": GENERIC}),
    "words, tidied": (words, False, {"tokenizer_config.json": TIDIED}),
    "word pieces, tidied": (word_pieces, False, {"tokenizer_config.json": TIDIED}),
    "word pieces, not cleaned, but tidied": (
        lambda: word_pieces(cleanup=False),
        False,
        {"tokenizer_config.json": TIDIED},
    ),
    "unigram, tidied": (unigram, False, {"tokenizer_config.json": TIDIED}),
    "byte-level, not tidied all the same": (byte_level, False, {"tokenizer_config.json": TIDIED}),
    "byte-level, tidied in spite of all": (
        byte_level,
        False,
        {
            "tokenizer_config.json": TIDIED
            | {"clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output": True}
        },
    ),
    "unigram": (unigram, False, {"tokenizer_config.json": GENERIC}),
    "end of word": (end_of_word, False, {"tokenizer_config.json": GENERIC}),
    "like Llama": (like_llama, False, {"tokenizer_config.json": GENERIC}),
    "like Llama, marked": (lambda: marked(like_llama()), False, {"tokenizer_config.json": GENERIC}),
}


@pytest.fixture(params=KINDS)
def folder(request, tmp_path):
    make, is_in_parts, files = KINDS[request.param]
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content))
    if is_in_parts:
        in_parts(tmp_path, make())
    else:
        make().save(str(tmp_path / "tokenizer.json"))
    return tmp_path


@pytest.fixture
def both(folder):
    """Ours and theirs."""
    return load_tokenizer(folder, 400), AutoTokenizer.from_pretrained(folder)


def test_a_prompt_has_the_ids_of_transformers(both):
    ours, theirs = both
    for prompt in PROMPTS:
        assert encode(ours, prompt) == theirs(prompt).input_ids, prompt


def test_text_comes_piece_by_piece_as_transformers_decodes_the_whole(both):
    ours, theirs = both
    for prompt in PROMPTS:
        ids = theirs(prompt).input_ids
        whole = theirs.decode(ids, skip_special_tokens=True)
        for begin in range(len(ids)):
            before = theirs.decode(ids[:begin], skip_special_tokens=True)
            if before.endswith("\ufffd") or not whole.startswith(before):
                continue  # the prompt ends within a character
            stream, new = TextStream(ours, prompt=ids[:begin]), ids[begin:]
            pieces = [stream.update(new[:count]) for count in range(1, len(new) + 1)] + [stream.finish(new)]
            assert before + "".join(pieces) == whole, (prompt, begin, pieces)
            assert not any("\ufffd" in piece for piece in pieces[:-1]) or "\ufffd" in whole


def test_a_long_text_is_not_decoded_again_and_again(monkeypatch):
    """So what a token costs does not grow with the text."""
    tokenizer, sizes = words(), []

    class Counting:
        decoder = None

        def decode(self, ids):
            sizes.append(len(ids))
            return tokenizer.decode(ids)

    ids = tokenizer.encode("the king was talking in the garden " * 40).ids
    stream = TextStream(Counting())
    text = "".join(stream.update(ids[:count]) for count in range(1, len(ids) + 1))
    assert text == tokenizer.decode(ids)
    assert max(sizes) <= 2


@pytest.mark.parametrize("name", ["vocab.txt", "spiece.model", "tokenizer.model"])
def test_other_forms_are_named_with_what_converts_them(tmp_path, name):
    (tmp_path / name).write_text("")
    with pytest.raises(CheckpointError, match=rf"has {name}, but no tokenizer\.json\. transformers converts it: "):
        load_tokenizer(tmp_path, 10)


@pytest.mark.parametrize(("there", "missing"), [("vocab.json", "merges.txt"), ("merges.txt", "vocab.json")])
def test_half_a_tokenizer_names_the_other_half(tmp_path, there, missing):
    (tmp_path / there).write_text("{}")
    with pytest.raises(CheckpointError, match=f"has {there}, but no {missing}"):
        load_tokenizer(tmp_path, 10)


def test_damaged_files_are_named(tmp_path):
    (tmp_path / "vocab.json").write_text('{"a": 0}')
    (tmp_path / "merges.txt").write_text("#version: 0.2\na b c d\n")
    with pytest.raises(CheckpointError, match=r"merges\.txt cannot be read"):
        load_tokenizer(tmp_path, 10)
    (tmp_path / "vocab.json").write_text("{")
    with pytest.raises(CheckpointError, match=r"vocab\.json cannot be read"):
        load_tokenizer(tmp_path, 10)
