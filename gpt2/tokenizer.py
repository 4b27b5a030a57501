"""Text to tokens, and tokens to text that grows."""

from collections.abc import Callable, Sequence
from pathlib import Path

from tokenizers import Tokenizer

from gpt2.checkpoint import CheckpointError


def load_tokenizer(folder: Path, vocab_size: int) -> Tokenizer:
    """The tokenizer of a checkpoint, all of whose ids the model knows.

    Raises:
        CheckpointError: there is none, it is damaged, or it has more than ``vocab_size`` ids.
    """
    path = folder / "tokenizer.json"
    if not path.exists():
        raise CheckpointError(f"{folder} has no tokenizer.json")
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    largest = max(tokenizer.get_vocab().values(), default=-1)
    if largest >= vocab_size:
        raise CheckpointError(f"{path} has ids up to {largest}; the model has {vocab_size} tokens")
    return tokenizer


class TextStream:
    """Writes the text of a growing sequence of tokens, each character once and when it is whole.

    A token of byte-level BPE may hold a part of a character only. Until its last byte is there,
    the text ends in U+FFFD, the sign for bytes that make no sense, and that is held back.
    """

    def __init__(self, tokenizer: Tokenizer, write: Callable[[str], None]) -> None:
        self._tokenizer = tokenizer
        self._write = write
        self._written = 0

    def update(self, ids: Sequence[int]) -> None:
        """Write what is new in the text of ``ids``, all tokens so far. Special ones have no text."""
        self._write_to(self._tokenizer.decode(ids).rstrip("\ufffd"))

    def finish(self, ids: Sequence[int]) -> None:
        """As update, for the last time: nothing is held back."""
        self._write_to(self._tokenizer.decode(ids))

    def _write_to(self, text: str) -> None:
        if new := text[self._written :]:
            self._write(new)
            self._written = len(text)
