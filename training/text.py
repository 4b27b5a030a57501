"""The text that a model is to learn from: read, judged before time is spent on it, and split."""

import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path

from course.refusal import Refusal
from training.tokenizer import END_OF_TEXT

WINDOWS = 100  # as many bytes as this many contexts have tokens are the least that is worth training on
HELD_OUT = 0.1  # the share of the text, from its end
MOST_HELD_OUT = 200_000  # characters: to read more takes time, and tells nothing new
REPETITIVE = 50  # prose gets three times smaller by zlib, and the stories of the course seven times


@dataclass(frozen=True)
class Text:
    """A text in documents, of which the held out ones are never trained on."""

    name: str
    size: int  # in bytes
    digest: str
    training: list[str]
    held_out: list[str]


def read_text(path: Path, n_positions: int) -> Text:
    """Read a file. Where it holds `<|endoftext|>`, its parts are documents of their own.

    Args:
        n_positions: the context of the model that is to learn from it.

    Raises:
        Refusal: it is a folder, is not UTF-8, is too short or repeats itself.
        OSError: it cannot be read.
    """
    if path.is_dir():
        raise Refusal(f"{path} is a folder: expected one text file (cat {path}/*.txt > all.txt makes one of several)")
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Refusal(
            f"{path} is not UTF-8: byte 0x{content[error.start]:02x} at {error.start:,}. "
            "iconv -f LATIN1 -t UTF-8 converts a file, if that is what it is in"
        ) from None
    if len(content) < (least := WINDOWS * n_positions):
        raise Refusal(
            f"{path} is too short: {len(content):,} bytes, where a context of {n_positions} tokens needs {least:,}"
        )
    if len(content) > REPETITIVE * (squeezed := len(zlib.compress(content, 1))):
        raise Refusal(
            f"{path} repeats itself: zlib squeezes its {len(content):,} bytes into {squeezed:,}. "
            "What is held out of it would be known by heart"
        )
    training, held_out = split(text)
    if not (training and held_out):
        raise Refusal(f"{path} has nothing but blanks at its {'end' if training else 'beginning'}")
    return Text(path.name, len(content), hashlib.sha256(content).hexdigest(), training, held_out)


def split(text: str) -> tuple[list[str], list[str]]:
    """The documents to train on, and those held out: the last tenth, from the beginning of a document or a line."""
    about = len(text) - min(int(HELD_OUT * len(text)), MOST_HELD_OUT)
    found = (text.find(mark, about) for mark in (END_OF_TEXT, "\n"))
    cut = next((place for place in found if 0 < place < (about + len(text)) // 2), about)
    return _documents(text[:cut]), _documents(text[cut:])


def _documents(text: str) -> list[str]:
    return [document.strip("\n") for document in text.split(END_OF_TEXT) if document.strip()]
