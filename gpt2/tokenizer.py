"""From text to token ids, and from ids that come one at a time back to text."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from gpt2.configuration import CheckpointError
from gpt2.special_tokens import add_special_tokens, read_object
from gpt2.tidying import replaced, tidy

# Files that hold a tokenizer, but in forms that `transformers` has to convert.
OTHERS = ("vocab.txt", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model")


def load_tokenizer(folder: Path, vocab_size: int) -> Tokenizer:
    """The tokenizer of a checkpoint.

    It is read from tokenizer.json, or from vocab.json and merges.txt, as older checkpoints have it. Special tokens
    are those of special_tokens_map.json, tokenizer_config.json and added_tokens.json, too. They may have ids that the
    model does not know, such as a [PAD] that was added for training.

    Raises:
        CheckpointError: there is none, it is damaged, or its vocabulary has ids beyond the model's ``vocab_size``.
    """
    path, vocab, merges = (folder / name for name in ("tokenizer.json", "vocab.json", "merges.txt"))
    is_whole = path.exists()
    if is_whole:
        tokenizer = _read(path)
        # Saved with the file where somebody trained with them; a prompt has its own length.
        tokenizer.no_padding()
        tokenizer.no_truncation()
    elif vocab.exists() and merges.exists():
        path, tokenizer = vocab, _byte_level(vocab, merges)
    else:
        raise CheckpointError(_missing(folder))
    largest = max(tokenizer.get_vocab(with_added_tokens=False).values(), default=-1)
    if largest >= vocab_size:
        raise CheckpointError(f"{path} has ids up to {largest}; the model has {vocab_size} tokens")
    add_special_tokens(tokenizer, folder, is_whole)
    tidy(tokenizer, folder)
    return tokenizer


def encode(tokenizer: Tokenizer, prompt: str) -> list[int]:
    """The ids of a prompt.

    Raises:
        ValueError: it is empty, or is not valid text.
    """
    try:
        ids: list[int] = tokenizer.encode(prompt).ids
    except TypeError:  # bytes that are not UTF-8 come from the command line as lone surrogates
        raise ValueError(f"the prompt {prompt!r} is not UTF-8") from None
    if not ids:
        raise ValueError("the prompt is empty: expected at least one character")
    return ids


def _read(path: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise CheckpointError(f"{path} cannot be read: {error}") from error


def _byte_level(vocab: Path, merges: Path) -> Tokenizer:
    """GPT-2's tokenizer around its vocabulary and merges (section 2.2 of the paper)."""
    read_object(vocab)  # else the library's message does not say which of the two is damaged
    try:
        tokenizer = Tokenizer(models.BPE.from_file(str(vocab), str(merges)))
    except Exception as error:
        raise CheckpointError(f"{merges} cannot be read: {error}") from error
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def _missing(folder: Path) -> str:
    """Why no tokenizer can be read, and what would help."""
    if other := next((name for name in OTHERS if (folder / name).exists()), None):
        return (
            f"{folder} has {other}, but no tokenizer.json. transformers converts it: "
            f"AutoTokenizer.from_pretrained({str(folder)!r}).save_pretrained({str(folder)!r})"
        )
    for name, partner in (("vocab.json", "merges.txt"), ("merges.txt", "vocab.json")):
        if (folder / name).exists():
            return f"{folder} has {name}, but no {partner}, and no tokenizer.json"
    return f"{folder} has no tokenizer.json, nor vocab.json and merges.txt"


class TextStream:
    """Turns a growing sequence of tokens into pieces of text, each of which is final when it is returned.

    A piece is the difference of two decodings, of the tokens without and with the new ones: what a token adds to a
    text may depend on the tokens before it, such as the space between two words. Of those, only as many are decoded
    again as hold the last piece of text.

    A token may hold only a part of a character. Until the character is complete, the decoded text ends in U+FFFD, the
    replacement character, which is held back. So is the end of the text where it may be the beginning of a stop
    string, or of what the tokenizer replaces. At a stop string the text ends; the stop string itself is not returned.
    """

    def __init__(self, tokenizer: Tokenizer, stop: Sequence[str] = (), prompt: Sequence[int] = ()) -> None:
        """
        Args:
            prompt: the tokens that the text goes on from.
        """
        self._tokenizer = tokenizer
        self._stop = stop
        self._awaited = (*stop, *replaced(tokenizer))
        self._prompt = prompt
        self._start = 0  # the first token to decode, counted from the prompt's first one
        self._whole = len(prompt)  # so many tokens have all of their text returned
        self._returned = len(self._decode(()).rstrip("\ufffd"))  # characters of the text from that token on
        self.stopped = False

    def update(self, ids: Sequence[int]) -> str:
        """Return what is new and final in the text of ``ids``, all tokens so far. Special tokens have no text."""
        decoded = self._decode(ids)
        text = self._until_stop(decoded.rstrip("\ufffd"))
        new = self._new(text if self.stopped else text[: len(text) - self._held_back(text)])
        if new and self._returned == len(decoded):
            # What follows needs the tokens of this piece, and none before them.
            self._start, self._whole = self._whole, len(self._prompt) + len(ids)
            self._returned = len(self._decode(ids))
        return new

    def finish(self, ids: Sequence[int]) -> str:
        """Return the rest of the text of ``ids``, which are all tokens: nothing is held back any more."""
        return self._new(self._until_stop(self._decode(ids)))

    def _decode(self, ids: Sequence[int]) -> str:
        """The text from the first token on that is still needed."""
        prompt = len(self._prompt)
        window = ids[self._start - prompt :] if self._start >= prompt else [*self._prompt[self._start :], *ids]
        return self._tokenizer.decode(window)

    def _new(self, text: str) -> str:
        new = text[self._returned :]
        self._returned += len(new)
        return new

    def _until_stop(self, text: str) -> str:
        starts = [start for stop in self._stop if (start := text.find(stop, self._returned)) >= 0]
        self.stopped = bool(starts)
        return text[: min(starts)] if starts else text

    def _held_back(self, text: str) -> int:
        """How many characters at the end of the text may be the beginning of something that is not text."""
        longest = max(map(len, self._awaited), default=0)
        new = len(text) - self._returned
        ends = (text[-length:] for length in range(min(longest, new), 0, -1))
        return next((len(end) for end in ends if any(text.startswith(end) for text in self._awaited)), 0)
