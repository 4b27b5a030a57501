"""The storyteller's byte-level BPE tokenizer, GPT-2's kind with a vocabulary that fits the stories.

Apart from the training script because it needs no PyTorch: the tests train it
again and compare.
"""

from collections.abc import Iterable

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

VOCAB_SIZE = 1024
END_OF_TEXT = "<|endoftext|>"


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Learn the merges from `texts`. The ids are 256 bytes, then the merges, then `<|endoftext|>`.

    All bytes are in the vocabulary, so every UTF-8 text can be encoded and comes back unchanged.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE - 1,  # the trainer would give a special token the first id, GPT-2 gives it the last
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens([END_OF_TEXT])
    return tokenizer
