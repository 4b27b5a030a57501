"""English as WordPiece models split it, with its spaces taken out again: ``it ' s .`` becomes ``it's.``.

A checkpoint asks for this with ``"clean_up_tokenization_spaces": true`` in tokenizer_config.json. Like `transformers`,
we ignore that where the model is BPE, whose texts have their own spaces, unless a longer setting insists.
"""

from pathlib import Path

from tokenizers import Tokenizer, decoders, models

from gpt2.special_tokens import read_object

REPLACED = {
    " .": ".",
    " ?": "?",
    " !": "!",
    " ,": ",",
    " ' ": "'",
    " n't": "n't",
    " 'm": "'m",
    " 's": "'s",
    " 've": "'ve",
    " 're": "'re",
}


def tidy(tokenizer: Tokenizer, folder: Path) -> None:
    """Let a tokenizer tidy what it decodes, if the checkpoint in ``folder`` asks for it."""
    settings = read_object(folder / "tokenizer_config.json")
    if settings.get("clean_up_tokenization_spaces") and (
        not isinstance(tokenizer.model, models.BPE)
        or settings.get("clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output")
    ):
        # Without a decoder the tokens are joined by spaces, as by this one, whose prefix no token has.
        decoder = tokenizer.decoder or decoders.WordPiece(prefix="\0", cleanup=False)
        replacements = (decoders.Replace(*pair) for pair in REPLACED.items())
        tokenizer.decoder = decoders.Sequence([decoder, decoders.Fuse(), *replacements])


def replaced(tokenizer: Tokenizer) -> tuple[str, ...]:
    """What the tokenizer replaces in a text, once it is whole; until then, its beginning is not final.

    Replacements follow one another: ``n ' t`` becomes ``n't``, which then loses the space before it.
    """
    is_tidying = repr(decoders.Replace(" 're", "'re")) in repr(tokenizer.decoder)
    return (*REPLACED, *(text.replace("'", " ' ") for text in REPLACED)) if is_tidying else ()
