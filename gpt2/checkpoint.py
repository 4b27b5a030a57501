"""Find and read a Hugging Face GPT-2: `config.json`, and weights in safetensors."""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gpt2.configuration import CheckpointError as CheckpointError
from gpt2.configuration import Family, config_of, ends_of, family_of, read_settings

if TYPE_CHECKING:
    from solutions.solution_01 import GPT2Config

Weight = NDArray[np.float32]

INDEX = "model.safetensors.index.json"  # which file has which weights, where there are several

# Weights in pickle are never read: loading one can run any code that its author put there.
FILES = ["config.json", "generation_config.json", "model.safetensors", "model-*-of-*.safetensors", INDEX]
FILES += ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"]
FILES += ["vocab.json", "merges.txt", "chat_template.jinja"]

CONV1D = ("c_attn.weight", "c_proj.weight", "c_fc.weight")  # the layers that checkpoints store as [in, out]
BUFFERS = (".attn.bias", ".attn.masked_bias")  # the causal mask, which old checkpoints keep among the weights

# The types that weights may have, and what NumPy, which has no bfloat16, reads them as.
DTYPES = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16, "F64": np.float64}

TABLE, HEAD = "transformer.wte.weight", "lm_head.weight"

# What models have that were trained to do something else than to write (transformers' double heads and classifiers,
# TRL's value head): beside it they can write.
TRAINING_HEADS = ("v_head.", "multiple_choice_head.", "score.", "classifier.", "qa_outputs.")

_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")  # of a model on the hub
_ADDRESS = re.compile(r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/(?:models/)?([\w.-]+(?:/[\w.-]+)?)")

logger = logging.getLogger("gpt2")  # which prints warnings to stderr, unless a program wants them elsewhere


@dataclass(frozen=True)
class Checkpoint:
    """A model of the GPT-2 family in a folder. Its configuration has been read, its weights have not.

    Attributes:
        eos_token_ids: the tokens that end a text.
        family: how the model differs from GPT-2.
    """

    folder: Path
    config: "GPT2Config"
    eos_token_ids: tuple[int, ...]
    family: Family


def open_checkpoint(name: str | Path) -> Checkpoint:
    """Find a GPT-2 and read its configuration.

    Args:
        name: a folder, or a model's name on the Hugging Face hub ("openai-community/gpt2"),
            from which it is downloaded once.

    Raises:
        CheckpointError: there is no such folder or model, or it is not exactly a GPT-2.
    """
    folder = _find(name)
    path = folder / "config.json"
    try:
        settings = read_settings(path)
    except FileNotFoundError:
        raise CheckpointError(f"{folder} has no config.json: it is not a Hugging Face model") from None
    ends, generation = settings, folder / "generation_config.json"
    if generation.exists():  # what `transformers` reads when it generates
        ends = settings | read_settings(generation)
    try:
        family, config = family_of(settings), config_of(settings)
        _refuse_giant(config, folder)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None
    try:
        return Checkpoint(folder, config, ends_of(ends), family)
    except CheckpointError as error:
        raise CheckpointError(f"{generation if generation.exists() else path}: {error}") from None


def weights_of(checkpoint: Checkpoint) -> Mapping[str, Weight]:
    """The weights of a model from its checkpoint, which must have exactly these: see ``read_weights``.

    Where the model scales attention scores by something other than 1 / sqrt(head_dim), the weights that make the
    queries are scaled instead, so that GPT-2's layers compute the same.
    """
    config, family = checkpoint.config, checkpoint.family
    factors: dict[str, float] = {}
    for layer in range(config.n_layer):
        factor = (1.0 if family.scales_scores else config.head_dim**0.5) / (layer + 1 if family.scales_by_layer else 1)
        factors |= {f"transformer.h.{layer}.attn.c_attn.{kind}": factor for kind in ("weight", "bias") if factor != 1}
    weights = read_weights(checkpoint.folder, weight_shapes(config, family.is_tied))
    return _ScaledQueries(weights, factors, config.n_embd) if factors else weights


def weight_shapes(config: "GPT2Config", is_tied: bool = True) -> dict[str, tuple[int, ...]]:
    """The names and shapes of the parameters of step 13's model, in the order in which a forward pass meets them.

    A head that is not tied to the token table has a weight of its own, which comes last.

    The engine on a CPU lays the weights out in this order: gpt2/cpu/mojo/weights.mojo reads them in the same one.
    """
    n_embd, n_inner = config.n_embd, config.n_inner
    shapes: dict[str, tuple[int, ...]] = {
        "wte.weight": (config.vocab_size, n_embd),
        "wpe.weight": (config.n_positions, n_embd),
    }
    for layer in range(config.n_layer):
        block = f"h.{layer}."
        shapes |= _norm(block + "ln_1", n_embd)
        shapes |= _linear(block + "attn.c_attn", 3 * n_embd, n_embd) | _linear(block + "attn.c_proj", n_embd, n_embd)
        shapes |= _norm(block + "ln_2", n_embd)
        shapes |= _linear(block + "mlp.c_fc", n_inner, n_embd) | _linear(block + "mlp.c_proj", n_embd, n_inner)
    shapes |= _norm("ln_f", n_embd)
    shapes = {f"transformer.{name}": shape for name, shape in shapes.items()}
    return shapes if is_tied else shapes | {HEAD: (config.vocab_size, n_embd)}


def _norm(name: str, n_embd: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (n_embd,), f"{name}.bias": (n_embd,)}


def _linear(name: str, n_out: int, n_in: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (n_out, n_in), f"{name}.bias": (n_out,)}


def read_weights(folder: Path, shapes: Mapping[str, tuple[int, ...]]) -> Mapping[str, Weight]:
    """Find a checkpoint's weights, which must be exactly those that the model has.

    Args:
        shapes: the names and shapes of the model's parameters.

    Returns:
        One float32 array for each of the names, of that shape. An array is read from its file when it is looked up, or
        mapped into memory if the file already holds float32 in that shape. So a program that looks up one weight after
        another needs little memory beyond what it makes of them.

    Raises:
        CheckpointError: a file is missing or damaged; or weights are missing, superfluous, or of another shape or type,
            and each one is named.
    """
    stored = {weight.name: weight for path in weight_files(folder) for weight in _stored_in(path)}
    # GPT2LMHeadModel keeps the stack under "transformer", a bare GPT2Model does not.
    if not any(name.startswith("transformer.") for name in stored):
        stored = {name if name.startswith("lm_head.") else f"transformer.{name}": stored[name] for name in stored}

    if left_out := [name for name in stored if name.removeprefix("transformer.").startswith(TRAINING_HEADS)]:
        logger.warning("%s: left out %s, which a model needs only in training", folder, ", ".join(left_out))
        stored = {name: stored[name] for name in stored if name not in left_out}
    head = table = None
    if HEAD not in shapes and (head := stored.pop(HEAD, None)):  # tied: of the two any one is enough
        table = stored.setdefault(TABLE, head)
    faults = [f"{name} is missing" for name in shapes if name not in stored]
    for name, weight in stored.items():
        shape = shapes.get(name)
        if shape is None:
            faults.append(f"{name} is not a part of the model")
        elif weight.shape != (expected := shape[::-1] if name.endswith(CONV1D) else shape):
            faults.append(f"{name} is {list(weight.shape)} instead of {list(expected)}")
        elif weight.dtype not in DTYPES:
            faults.append(f"{name} has the type {weight.dtype}; expected {', '.join(DTYPES)}")
    if head and table and head is not table and not _equal(head, table):
        faults.append(f"{HEAD} differs from {TABLE}, to which GPT-2 ties it")
    if faults:
        raise CheckpointError(f"the weights in {folder} do not fit the model: {'; '.join(faults)}")
    return _Weights(stored)


def _find(name: str | Path) -> Path:
    folder = Path(name).expanduser()
    if address := _ADDRESS.match(str(name)):
        raise CheckpointError(f"{name} is an address; the model's name is {address[1]}")
    # A folder that is no checkpoint may have a model's name: gpt2/, which is code, where the course lies.
    is_in_the_way = folder.is_dir() and not (folder / "config.json").exists() and bool(_NAME.fullmatch(str(name)))
    if folder.is_dir() and not is_in_the_way:
        return folder
    if folder.is_file():
        raise CheckpointError(f"{name} is a file: a checkpoint is the folder that holds config.json and the weights")

    # Imported here: it takes half a second, which a folder need not wait for.
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    there = f"the folder {name} here has no config.json" if is_in_the_way else f"there is no folder {name}"
    try:
        return Path(snapshot_download(str(name), allow_patterns=FILES))
    except HFValidationError:
        raise CheckpointError(there) from None
    except RepositoryNotFoundError:
        raise CheckpointError(f"{there}, and no public model of that name on the hub") from None
    except OSError as error:  # of the network or of the disk; the hub's own errors are OSErrors as well
        reason = " ".join(str(error.__cause__ or error).split())
        raise CheckpointError(f"{there}, and it cannot be downloaded from the Hugging Face hub: {reason}") from error


def _refuse_giant(config: "GPT2Config", folder: Path) -> None:
    """Refuse a model with more parameters than its files have bytes, before memory is taken for it."""
    layer = config.n_embd * (4 * config.n_embd + 2 * config.n_inner)
    parameters = (config.vocab_size + config.n_positions) * config.n_embd + config.n_layer * layer
    stored = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    if stored and parameters > stored:
        raise CheckpointError(f"it describes {parameters:,} parameters; the weights beside it have {stored:,} bytes")


def weight_files(folder: Path) -> list[Path]:
    """The files that hold a checkpoint's weights: one, or several parts."""
    if (whole := folder / "model.safetensors").exists():
        return [whole]
    if (index := folder / INDEX).exists():
        return _files_of(index)
    if parts := sorted(folder.glob("model-*-of-*.safetensors")):
        return parts
    if others := sorted(folder.glob("*.safetensors")):
        raise CheckpointError(f"{folder} has {others[0].name}, but no model.safetensors: give it that name")
    raise CheckpointError(
        f"{folder} has no model.safetensors (weights in pickle, as in pytorch_model.bin, are not read: "
        "loading them can run any code)"
    )


def _files_of(index: Path) -> list[Path]:
    """The files that an index names, which lie beside it."""
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        wrong = [name for name in names if Path(name).name != name or not name.endswith(".safetensors")]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{index} cannot be read: {error!r}") from error
    if wrong:
        raise CheckpointError(f"{index} names {wrong[0]!r}, which is no safetensors file beside it")
    if missing := [name for name in names if not (index.parent / name).is_file()]:
        raise CheckpointError(f"{index.parent} has no {missing[0]}, which {index.name} names")
    return [index.parent / name for name in names]


@dataclass(frozen=True)
class _StoredWeight:
    """Where a weight is stored, and as what. Its numbers have not been read."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    path: Path
    offset: int  # in bytes

    def read(self) -> Weight:
        """The weight in float32, mapped into memory where its file holds float32."""
        mapped = np.memmap(self.path, DTYPES[self.dtype], "c", self.offset, self.shape)
        # Aligned, by a copy if need be: the header before it may have any length.
        array: NDArray[Any] = np.require(mapped.view(np.ndarray), requirements="A")
        if self.dtype == "BF16":  # the upper half of a float32
            return (array.astype(np.uint32) << 16).view(np.float32)
        return array.astype(np.float32, copy=False)


class _Weights(Mapping[str, Weight]):
    """The weights of a checkpoint by name, each read at every look-up, in the shape that the model has."""

    def __init__(self, stored: Mapping[str, _StoredWeight]) -> None:
        self._stored = stored

    def __getitem__(self, name: str) -> Weight:
        weight = self._stored[name].read()
        # These four layers are a Conv1D in Hugging Face's GPT-2, which multiplies x @ weight: [in, out].
        # Linear computes x @ weight.T and keeps [out, in].
        return np.ascontiguousarray(weight.T) if name.endswith(CONV1D) else weight

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


class _ScaledQueries(Mapping[str, Weight]):
    """Weights of which some are [query, key, value]; the rows of the query are scaled."""

    def __init__(self, weights: Mapping[str, Weight], factors: Mapping[str, float], n_embd: int) -> None:
        self._weights = weights
        self._factors = factors
        self._n_embd = n_embd

    def __getitem__(self, name: str) -> Weight:
        weight = self._weights[name]
        if name in self._factors:
            weight = weight.copy()
            weight[: self._n_embd] *= np.float32(self._factors[name])
        return weight

    def __iter__(self) -> Iterator[str]:
        return iter(self._weights)

    def __len__(self) -> int:
        return len(self._weights)


def _equal(one: _StoredWeight, other: _StoredWeight) -> bool:
    return {one.dtype, other.dtype} <= DTYPES.keys() and np.array_equal(one.read(), other.read())


def _stored_in(path: Path) -> Iterator[_StoredWeight]:
    """The weights of a file (https://huggingface.co/docs/safetensors: a length, a JSON header, the data)."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np"):  # which raises where the header is damaged or the file too short
            pass
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    header.pop("__metadata__", None)
    for name, weight in header.items():
        if not name.endswith(BUFFERS):
            begin, _ = weight["data_offsets"]
            yield _StoredWeight(name, weight["dtype"], tuple(weight["shape"]), path, 8 + length + begin)
