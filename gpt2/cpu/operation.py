"""Compiles the operation in gpt2/cpu/mojo, which is all that the engine runs on a CPU."""

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from max.driver import CPU
from max.dtype import DType
from max.graph import BufferType, TensorType

if TYPE_CHECKING:
    from max.experimental.compilation import CompiledCallable
    from max.experimental.tensor import Tensor

SOURCE = Path(__file__).parent / "mojo"


def compile_operation(dtype: DType) -> "CompiledCallable":
    """Compile the operation for weights stored as ``dtype``, which takes half a minute. It serves models of any sizes.

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
        sizes: [5] int64, n_positions, n_embd, n_inner, the number of the activation function, and the columns of a
            panel.
        epsilon: [1] float32, layer_norm_epsilon.
    """
    # Imported here: they take a third of a second, which a process that finds it compiled need not wait.
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
        TensorType(DType.int64, [5], CPU()),
        TensorType(DType.float32, [1], CPU()),
    )


def digest() -> str:
    """Identifies what is compiled: the source of the operation, and MAX."""
    made_from = hashlib.sha256(version("max").encode())
    for path in (Path(__file__), *sorted(SOURCE.glob("*.mojo"))):
        made_from.update(path.read_bytes())
    return made_from.hexdigest()[:16]
