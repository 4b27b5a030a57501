"""The special tokens of a checkpoint, as given in the files beside its vocabulary, as `transformers` reads them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, pre_tokenizers, processors

from gpt2.configuration import read_settings

GPT2_CLASSES = (None, "GPT2Tokenizer", "GPT2TokenizerFast")  # of tokenizer_config.json; None: it is the model's own
END_OF_TEXT = "<|endoftext|>"  # what GPT-2's tokenizer has for these parts, where the folder says nothing else
PARTS = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


def add_special_tokens(tokenizer: Tokenizer, folder: Path, is_whole: bool) -> None:
    """Let a tokenizer know what special_tokens_map.json, tokenizer_config.json and added_tokens.json say.

    Args:
        is_whole: it comes from a tokenizer.json, which says by itself what a text begins and ends with.
    """
    settings = _settings(folder)
    is_gpt2 = settings.get("tokenizer_class") in GPT2_CLASSES
    if is_gpt2 and isinstance(tokenizer.pre_tokenizer, pre_tokenizers.ByteLevel):
        tokenizer.pre_tokenizer.add_prefix_space = bool(settings.get("add_prefix_space", False))
    parts = dict.fromkeys(("bos_token", "eos_token", "unk_token"), END_OF_TEXT) if is_gpt2 else {}
    parts |= {part: settings[part] for part in PARTS if settings.get(part)}
    _add_tokens(tokenizer, settings, parts)
    if not is_whole:
        _add_ends(tokenizer, settings, parts)


def _settings(folder: Path) -> dict[str, Any]:
    """What tokenizer_config.json says, and, where it is not of the newer form, the two older files beside it.

    "added_tokens_decoder" holds the tokens that were added, by id.
    """
    settings = read_object(folder / "tokenizer_config.json")
    if "added_tokens_decoder" in settings:
        return settings
    settings |= read_object(folder / "special_tokens_map.json")
    special = {_content(token) for token in [*_listed(settings), *map(settings.get, PARTS)] if token}
    added = read_object(folder / "added_tokens.json")
    settings["added_tokens_decoder"] = {
        id: {"content": token, "special": token in special, "normalized": token not in special}
        for token, id in added.items()
    }
    return settings


def read_object(path: Path) -> dict[str, Any]:
    """The object in a file; an empty one where there is none."""
    try:
        return read_settings(path)
    except FileNotFoundError:
        return {}


def _listed(settings: Mapping[str, Any]) -> list[Any]:
    """The special tokens without a part of their own."""
    extra = settings.get("extra_special_tokens") or settings.get("additional_special_tokens") or []
    return list(extra.values()) if isinstance(extra, dict) else list(extra)


def _content(token: Any) -> str:
    return str(token["content"] if isinstance(token, dict) else token)


def _add_tokens(tokenizer: Tokenizer, settings: Mapping[str, Any], parts: Mapping[str, Any]) -> None:
    """Add the tokens that the tokenizer does not know as added ones yet, in the order of their ids."""
    known = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    declared = sorted(settings["added_tokens_decoder"].items(), key=lambda item: int(item[0]))
    wanted = [_added(token, token.get("special", False)) for _, token in declared]
    wanted += [_added(token, True) for token in [*parts.values(), *_listed(settings)]]
    for token in wanted:
        if token.content not in known:
            tokenizer.add_tokens([token])
            known.add(token.content)


def _added(token: Any, special: bool) -> AddedToken:
    if not isinstance(token, dict):
        return AddedToken(str(token), special=special)
    flags = {name: token[name] for name in ("single_word", "lstrip", "rstrip", "normalized") if name in token}
    return AddedToken(token["content"], special=special, **flags)


def _add_ends(tokenizer: Tokenizer, settings: Mapping[str, Any], parts: Mapping[str, Any]) -> None:
    """Let every text begin or end with a special token, where tokenizer_config.json asks for it."""
    begin, end = (
        [_content(parts[part])] if settings.get(f"add_{part}") and part in parts else []
        for part in ("bos_token", "eos_token")
    )
    if begin or end:
        ids = [(token, tokenizer.token_to_id(token)) for token in {*begin, *end}]
        tokenizer.post_processor = processors.TemplateProcessing(single=[*begin, "$A", *end], special_tokens=ids)
