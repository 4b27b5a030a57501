"""The one operation that the engine runs on a CPU, written in Mojo, and its compilation."""

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
    """Compile the operation for weights of a type, and for models and texts of any sizes. It takes half a minute.

    The arguments of what is returned:
        logits: [batch, vocab_size] float32, where the scores of the next tokens are put.
        cache: [n_layer, 2, batch, n_head, size] float32, the keys and values of the past, where those of
            the new tokens are put, too.
        input_ids: [batch, seq_length] int64, the new tokens.
        positions: [batch, seq_length] int64, their places in their texts.
        past: [1] int64, how many places of the cache are in use.
        padding: [batch] int64, how many places at the start of a text hold no token.
        panels: the weights of all linear layers, of that type, as gpt2/cpu/model.py puts them together.
        vectors: everything else in float32, likewise.
        sizes: [3] int64, n_positions, n_embd and n_inner.
        epsilon: [1] float32, layer_norm_epsilon.
    """
    # Imported here: they take a third of a second, which those who have compiled need not wait for.
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


def digest() -> str:
    """Identifies what is compiled: the source of the operation, and MAX."""
    made_from = hashlib.sha256(version("max").encode())
    for path in (Path(__file__), *sorted(SOURCE.glob("*.mojo"))):
        made_from.update(path.read_bytes())
    return made_from.hexdigest()[:16]
