"""What a prompt may be: one check for the generator, for beam search and for the command ``generate``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from gpt2.numbers import is_whole
from gpt2.tokenizer import encode

if TYPE_CHECKING:
    from solutions.solution_01 import GPT2Config


def prompt_ids(prompt: str | Sequence[int], tokenizer: Tokenizer, config: "GPT2Config") -> list[int]:
    """The token ids of a prompt, which may be a text or its ids.

    Raises:
        ValueError: it is neither, it is empty, it is not valid text, or an id is not in the vocabulary.
    """
    if isinstance(prompt, str):
        return encode(tokenizer, prompt)
    if isinstance(prompt, bytes | Mapping) or not isinstance(prompt, Iterable):
        raise ValueError(f"the prompt {prompt!r}: expected a text or a list of ids")
    ids = list(prompt)
    if not ids:
        raise ValueError("the prompt is empty: expected at least one token")
    for id in ids:
        if not (is_whole(id) and 0 <= id < config.vocab_size):
            raise ValueError(f"id {id!r} in the prompt: expected a whole number from 0 to {config.vocab_size - 1}")
    return [int(id) for id in ids]


def context_left(ids: Sequence[int], config: "GPT2Config") -> int:
    """How many more tokens the context window holds after a prompt.

    Raises:
        ValueError: the window does not even hold the prompt.
    """
    left = config.n_positions - len(ids)
    if left < 0:
        raise ValueError(f"the prompt has {len(ids)} tokens; the model's context window holds {config.n_positions}")
    return left
