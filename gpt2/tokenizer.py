"""From text to token ids, and from ids that come one at a time back to text."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from gpt2.checkpoint import CheckpointError


def load_tokenizer(folder: Path, vocab_size: int) -> Tokenizer:
    """The tokenizer of a checkpoint. All of its ids must be in the model's vocabulary.

    It is read from tokenizer.json, or from vocab.json and merges.txt, as older checkpoints have it.

    Raises:
        CheckpointError: there is none, it is damaged, or it has more than ``vocab_size`` ids.
    """
    path, vocab, merges = (folder / name for name in ("tokenizer.json", "vocab.json", "merges.txt"))
    try:
        if path.exists():
            tokenizer = Tokenizer.from_file(str(path))
        elif vocab.exists() and merges.exists():
            path = vocab
            tokenizer = _byte_level(models.BPE.from_file(str(vocab), str(merges)))
        else:
            tokenizer = None
    except Exception as error:  # the library raises nothing narrower
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    if tokenizer is None:
        raise CheckpointError(f"{folder} has no tokenizer.json, nor vocab.json and merges.txt")
    largest = max(tokenizer.get_vocab().values(), default=-1)
    if largest >= vocab_size:
        raise CheckpointError(f"{path} has ids up to {largest}; the model has {vocab_size} tokens")
    return tokenizer


def _byte_level(bpe: models.BPE) -> Tokenizer:
    """GPT-2's tokenizer around its vocabulary and merges (section 2.2 of the paper)."""
    tokenizer = Tokenizer(bpe)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    if tokenizer.token_to_id("<|endoftext|>") is not None:
        tokenizer.add_special_tokens(["<|endoftext|>"])
    return tokenizer


def encode(tokenizer: Tokenizer, prompt: str) -> list[int]:
    """The ids of a prompt.

    Raises:
        ValueError: it is empty, or is no valid text.
    """
    try:
        ids: list[int] = tokenizer.encode(prompt).ids
    except TypeError:  # bytes that are not UTF-8 come from the command line as lone surrogates
        raise ValueError(f"the prompt {prompt!r} is not UTF-8") from None
    if not ids:
        raise ValueError("the prompt is empty: expected at least one character")
    return ids


class TextStream:
    """Turns a growing sequence of tokens into pieces of text, each of which is final when it is returned.

    A token of byte-level BPE may hold only a part of a character. Until the character is complete, the decoded
    text ends in U+FFFD, the replacement character, which is held back. So is the end of the text where it may be
    the beginning of a stop string. At a stop string the text ends; the stop string itself is not returned.
    """

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str] = ()) -> None:
        self._tokenizer = tokenizer
        self._stop = stop
        self._start = 0  # the first token to decode: the text of all tokens before it has been returned, and is whole
        self._returned = 0  # how many characters of the text from that token on have been returned
        self.stopped = False

    def update(self, ids: Sequence[int]) -> str:
        """Return what is new and final in the text of ``ids``, all tokens so far. Special tokens have no text."""
        decoded = self._tokenizer.decode(ids[self._start :])
        text = self._until_stop(decoded.rstrip("\ufffd"))
        new = self._new(text if self.stopped else text[: len(text) - self._held_back(text)])
        if self._returned == len(decoded):
            self._start, self._returned = len(ids), 0
        return new

    def finish(self, ids: Sequence[int]) -> str:
        """Return the rest of the text of ``ids``, which are all tokens: nothing is held back any more."""
        return self._new(self._until_stop(self._tokenizer.decode(ids[self._start :])))

    def _new(self, text: str) -> str:
        new = text[self._returned :]
        self._returned += len(new)
        return new

    def _until_stop(self, text: str) -> str:
        starts = [start for stop in self._stop if (start := text.find(stop)) >= 0]
        self.stopped = bool(starts)
        return text[: min(starts)] if starts else text

    def _held_back(self, text: str) -> int:
        """How many characters at the end of the text may be the beginning of a stop string."""
        longest = max(map(len, self._stop), default=0)
        ends = (text[-length:] for length in range(min(longest, len(text)), 0, -1))
        return next((len(end) for end in ends if any(stop.startswith(end) for stop in self._stop)), 0)
