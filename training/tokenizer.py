"""Byte-level BPE, GPT-2's kind of tokenizer, learned from a text. It needs no PyTorch."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

END_OF_TEXT = "<|endoftext|>"


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Learn the merges from `texts`. The ids are 256 bytes, then the merges, then `<|endoftext|>`.

    All bytes are in the vocabulary, so every UTF-8 text can be encoded and comes back unchanged. A short text has
    fewer merges than there is room for.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - 1,  # the trainer would give a special token the first id, GPT-2 gives it the last
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens([END_OF_TEXT])
    return tokenizer


def encode_documents(tokenizer: Tokenizer, documents: Sequence[str]) -> list[NDArray[np.int64]]:
    """The ids of each document, [tokens + 1]: the first one is `<|endoftext|>`."""
    return [np.array(each.ids) for each in tokenizer.encode_batch([END_OF_TEXT + text for text in documents])]
