"""Compiles the operation in gpt2/cpu/mojo, once for a machine, and keeps the result in the user's cache."""

import hashlib
import os
import platform
import tempfile
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from max.driver import CPU
from max.dtype import DType
from max.engine import InferenceSession, Model, read
from max.graph import BufferType, TensorType
from platformdirs import user_cache_path

if TYPE_CHECKING:
    from max.experimental.compilation import CompiledCallable
    from max.experimental.tensor import Tensor

SOURCE = Path(__file__).parent / "mojo"


def load_kernel(dtype: DType) -> Model:
    """The operation for weights stored as ``dtype``. It serves models and texts of any sizes.

    Compiling takes half a minute. The result is kept in a file, whose name depends on the source, on MAX and on
    the processor, and is loaded in milliseconds.

    The arguments of the returned model:
        logits: [batch, vocab_size] float32, which it sets to the logits of the next tokens.
        cache: [n_layer, 2, batch, n_head, size] float32, the keys and values of earlier tokens, to which it
            appends those of the new ones.
        input_ids: [batch, seq_length] int64, the new tokens.
        positions: [batch, seq_length] int64, their positions in their texts.
        past: [1] int64, how many indices of the cache are in use.
        padding: [batch] int64, how many indices at the start of each text hold no token.
        panels: the weights of all linear layers, as ``dtype``, laid out by gpt2/cpu/model.py.
        vectors: all other parameters, in float32, laid out by gpt2/cpu/model.py.
        sizes: [3] int64, n_positions, n_embd and n_inner.
        epsilon: [1] float32, layer_norm_epsilon.
    """
    file = user_cache_path("gpt2-in-max") / _digest() / f"{dtype.name}.mef"
    with suppress(RuntimeError):  # it is not there, or damaged
        return InferenceSession([CPU()]).init(read(file))
    compiled = _compile(dtype)
    with suppress(OSError, RuntimeError):  # the disk is full, or not to be written: the next process compiles again
        _keep(compiled, file)
    return compiled.engine_model


def _compile(dtype: DType) -> "CompiledCallable":
    # Imported here: they take a third of a second, which a process that finds the compiled file need not wait.
    from max.experimental import functional as F
    from max.experimental.compilation import compile

    def forward(logits: "Tensor", cache: "Tensor", *others: "Tensor") -> None:
        F.inplace_custom("gpt2", CPU(), [logits.__buffervalue__(), cache.__buffervalue__(), *others])

    return compile(forward, name="gpt2", custom_extensions=[SOURCE])(
        BufferType(DType.float32, ["batch", "vocab_size"], CPU()),
        BufferType(DType.float32, ["n_layer", 2, "batch", "n_head", "size"], CPU()),
        TensorType(DType.int64, ["batch", "seq_length"], CPU()),
        TensorType(DType.int64, ["batch", "seq_length"], CPU()),
        TensorType(DType.int64, [1], CPU()),
        TensorType(DType.int64, ["batch"], CPU()),
        TensorType(dtype, ["panels"], CPU()),
        TensorType(DType.float32, ["vectors"], CPU()),
        TensorType(DType.int64, [3], CPU()),
        TensorType(DType.float32, [1], CPU()),
    )


def _digest() -> str:
    """A name for what the compiled operation depends on: the source, the version of MAX, and the processor."""
    digest = hashlib.sha256(f"{version('modular')} {_processor()}".encode())
    for path in (Path(__file__), *sorted(SOURCE.glob("*.mojo"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _processor() -> str:
    """The features of the processor, because several kinds of machines may share a home folder."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return platform.platform() + platform.processor()
    return "".join(sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))}))


def _keep(compiled: "CompiledCallable", file: Path) -> None:
    """Write a temporary file and rename it, because other processes may read or write the same file meanwhile."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent) as aside:
        compiled.export_mef(Path(aside) / file.name)
        os.replace(Path(aside) / file.name, file)
