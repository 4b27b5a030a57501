"""Find and read a Hugging Face GPT-2: `config.json`, and weights in safetensors."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from solutions.solution_01 import GPT2Config

INDEX = "model.safetensors.index.json"  # which file has which weights, where there are several

# Never pickle: loading one can run any code that its author put there.
FILES = ["config.json", "model*.safetensors", INDEX, "tokenizer.json", "vocab.json", "merges.txt"]

# What the course's model computes. A key may be missing: these are GPT-2's defaults.
EXACT = {
    "model_type": ["gpt2"],
    "activation_function": ["gelu_new", "gelu_pytorch_tanh"],  # two names of one function
    "scale_attn_weights": [True],
    "scale_attn_by_inverse_layer_idx": [False],
    "add_cross_attention": [False],
    "tie_word_embeddings": [True],
}

CONV1D = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
BUFFERS = (".attn.bias", ".attn.masked_bias")

# What weights may be, and what NumPy reads them as, which has no bfloat16.
DTYPES = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}


class CheckpointError(ValueError):
    """A checkpoint cannot be found or read, or is not a GPT-2; the message says which and why."""


@dataclass(frozen=True)
class Checkpoint:
    """A GPT-2 whose configuration has been read, and whose weights wait in its folder.

    ``eos_token_id`` is the token that ends a text, where the model has one.
    """

    folder: Path
    config: "GPT2Config"
    eos_token_id: int | None


def open_checkpoint(name: str) -> Checkpoint:
    """Find a GPT-2 and read its configuration.

    Args:
        name: a folder, or a model's name on the Hugging Face hub ("openai-community/gpt2"),
            from where it is downloaded once.

    Raises:
        CheckpointError: there is no such folder or model, or it is not exactly a GPT-2.
    """
    folder = _find(name)
    path = folder / "config.json"
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(f"{folder} has no config.json: it is not a Hugging Face model") from None
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    if not isinstance(settings, dict):
        raise CheckpointError(f"{path} holds {type(settings).__name__}, not an object")
    try:
        config = _config(settings)
        _refuse_giant(config, folder)
        return Checkpoint(folder, config, _eos_token_id(settings))
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from None


def weights_of(checkpoint: Checkpoint) -> Mapping[str, np.ndarray]:
    """The weights of step 13's model, which a checkpoint must have exactly: see ``read_weights``."""
    return read_weights(checkpoint.folder, weight_shapes(checkpoint.config))


def weight_shapes(config: "GPT2Config") -> dict[str, tuple[int, ...]]:
    """The names and shapes of the parameters of step 13's model, in their order."""
    n_embd, n_inner = config.n_embd, config.n_inner
    shapes = {"wte.weight": (config.vocab_size, n_embd), "wpe.weight": (config.n_positions, n_embd)}
    for layer in range(config.n_layer):
        block = f"h.{layer}."
        shapes |= _norm(block + "ln_1", n_embd)
        shapes |= _linear(block + "attn.c_attn", 3 * n_embd, n_embd) | _linear(block + "attn.c_proj", n_embd, n_embd)
        shapes |= _norm(block + "ln_2", n_embd)
        shapes |= _linear(block + "mlp.c_fc", n_inner, n_embd) | _linear(block + "mlp.c_proj", n_embd, n_inner)
    shapes |= _norm("ln_f", n_embd)
    return {f"transformer.{name}": shape for name, shape in shapes.items()}


def _norm(name: str, n_embd: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (n_embd,), f"{name}.bias": (n_embd,)}


def _linear(name: str, n_out: int, n_in: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (n_out, n_in), f"{name}.bias": (n_out,)}


def read_weights(folder: Path, shapes: Mapping[str, tuple[int, ...]]) -> Mapping[str, np.ndarray]:
    """Find a checkpoint's weights, which must be exactly those that the model wants.

    Args:
        shapes: the names and shapes of the model's parameters.

    Returns:
        One float32 array for each of the names, of that shape, which is read when it is asked for.
        What a file has in this form stays there and is mapped into memory. So a program that
        takes one after another needs little more memory than what it makes of them.

    Raises:
        CheckpointError: a file is missing or damaged; or weights are missing, too many or of
            another shape or type, and each one is named.
    """
    stored = {weight.name: weight for path in weight_files(folder) for weight in _weights_in(path)}
    # GPT2LMHeadModel keeps the stack under "transformer", a bare GPT2Model does not.
    if not any(name.startswith("transformer.") for name in stored):
        stored = {name if name.startswith("lm_head.") else f"transformer.{name}": stored[name] for name in stored}

    head, table = stored.pop("lm_head.weight", None), stored.get("transformer.wte.weight")
    faults = [f"{name} is missing" for name in shapes if name not in stored]
    for name, weight in stored.items():
        shape = shapes.get(name)
        if shape is None:
            faults.append(f"{name} is not a part of the model")
        elif weight.shape != (expected := shape[::-1] if name.endswith(CONV1D) else shape):
            faults.append(f"{name} is {list(weight.shape)} instead of {list(expected)}")
        elif weight.dtype not in DTYPES:
            faults.append(f"{name} has the type {weight.dtype}; expected {', '.join(DTYPES)}")
    if head and table and not _equal(head, table):
        faults.append("lm_head.weight differs from transformer.wte.weight, to which GPT-2 ties it")
    if faults:
        raise CheckpointError(f"the weights in {folder} do not fit the model: {'; '.join(faults)}")
    return _Weights(stored)


def _find(name: str) -> Path:
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists():
        raise CheckpointError(f"{name} is a file: a checkpoint is the folder that holds config.json and the weights")

    # Imported here: it takes half a second, which a folder need not wait for.
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError

    try:
        return Path(snapshot_download(name, allow_patterns=FILES))
    except HFValidationError:
        raise CheckpointError(f"there is no folder {name}") from None
    except RepositoryNotFoundError:
        raise CheckpointError(f"there is no folder {name}, and no public model of that name on the hub") from None
    except OSError as error:  # of the network or of the disk; the hub's own errors are OSErrors as well
        reason = " ".join(str(error.__cause__ or error).split())
        raise CheckpointError(
            f"there is no folder {name}, and it cannot be downloaded from the Hugging Face hub: {reason}"
        ) from error


def _config(settings: Mapping[str, Any]) -> "GPT2Config":
    # Imported here: with --mine it is the learner's own, which takes the solution's place later.
    from solutions.solution_01 import GPT2Config

    for key, allowed in EXACT.items():
        if (value := settings.get(key, allowed[0])) not in allowed:
            choices = " or ".join(map(json.dumps, allowed))
            raise CheckpointError(f"{key} is {json.dumps(value)}; the course's GPT-2 needs {choices}")
    sizes = {key: settings.get(key) for key in ("vocab_size", "n_positions", "n_embd", "n_layer", "n_head", "n_inner")}
    for key, value in sizes.items():
        if key == "n_inner" and value is None:
            sizes[key] = 4 * sizes["n_embd"]
        elif type(value) is not int or value < 1:
            raise CheckpointError(f"{key} is {json.dumps(value)}; expected a positive whole number")
    if sizes["n_embd"] % sizes["n_head"]:
        raise CheckpointError(f"n_embd {sizes['n_embd']} is not a multiple of n_head {sizes['n_head']}")
    epsilon = settings.get("layer_norm_epsilon", 1e-5)
    if type(epsilon) not in (int, float) or not 0 < epsilon < 1:
        raise CheckpointError(f"layer_norm_epsilon is {json.dumps(epsilon)}; expected a small positive number")
    return GPT2Config(**sizes, layer_norm_epsilon=epsilon)


def _refuse_giant(config: "GPT2Config", folder: Path) -> None:
    """Refuse a configuration that cannot be that of the weights before a model of that size is built."""
    layer = config.n_embd * (4 * config.n_embd + 2 * config.n_inner)
    parameters = (config.vocab_size + config.n_positions) * config.n_embd + config.n_layer * layer
    stored = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    if stored and parameters > stored:
        raise CheckpointError(f"it describes {parameters:,} parameters; the weights beside it have {stored:,} bytes")


def _eos_token_id(settings: Mapping[str, Any]) -> int | None:
    value = settings.get("eos_token_id")
    if value is not None and type(value) is not int:
        raise CheckpointError(f"eos_token_id is {json.dumps(value)}; expected one token id")
    return value


def weight_files(folder: Path) -> list[Path]:
    """The file with the weights, or the files of a checkpoint that is cut into several."""
    if (whole := folder / "model.safetensors").exists():
        return [whole]
    if (index := folder / INDEX).exists():
        return _files_of(index)
    if parts := sorted(folder.glob("model-*-of-*.safetensors")):
        return parts
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
class _Weight:
    """A weight in a file, of which nothing but the name, the type and the shape has been read."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    path: Path
    offset: int  # in bytes

    def read(self) -> np.ndarray:
        """The weight in float32. In a file of that type it stays there, mapped into memory."""
        array = np.memmap(self.path, DTYPES[self.dtype], "c", self.offset, self.shape)
        array = np.require(array.view(np.ndarray), requirements="A")  # a header may have any length
        if self.dtype == "BF16":  # the upper half of a float32
            return (array.astype(np.uint32) << 16).view(np.float32)
        return array.astype(np.float32, copy=False)


class _Weights(Mapping[str, np.ndarray]):
    """The weights of a checkpoint, as the model wants them, by name."""

    def __init__(self, stored: Mapping[str, _Weight]) -> None:
        self._stored = stored

    def __getitem__(self, name: str) -> np.ndarray:
        weight = self._stored[name].read()
        # These four layers are a Conv1D in Hugging Face's GPT-2, which multiplies x @ weight: [in, out].
        # Linear computes x @ weight.T and keeps [out, in].
        return np.ascontiguousarray(weight.T) if name.endswith(CONV1D) else weight

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __len__(self) -> int:
        return len(self._stored)


def _equal(one: _Weight, other: _Weight) -> bool:
    return {one.dtype, other.dtype} <= DTYPES.keys() and np.array_equal(one.read(), other.read())


def _weights_in(path: Path) -> Iterator[_Weight]:
    """The weights of a file (https://huggingface.co/docs/safetensors: a length, a JSON header, the data)."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "np"):  # which finds the header sound, and the file as long as it says
            pass
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length))
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    header.pop("__metadata__", None)
    for name, weight in header.items():
        # Old checkpoints keep the causal mask among the weights; the model makes its own.
        if not name.endswith(BUFFERS):
            begin, _ = weight["data_offsets"]
            yield _Weight(name, weight["dtype"], tuple(weight["shape"]), path, 8 + length + begin)
