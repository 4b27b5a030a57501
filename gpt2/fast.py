"""The model of step 13 on a CPU, as fast as its weights can be read: with a cache, and a kernel of its own.

It computes what the solutions do, in the one operation of gpt2/kernels, for which weights are stored
in panels. gpt2/portable.py is the same model in MAX's own operations.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from max.driver import CPU, Buffer
from max.dtype import DType
from max.engine import Model
from max.experimental import functional as F
from max.experimental.compilation import compile
from max.experimental.tensor import Tensor, TensorType
from max.graph import BufferType
from numpy.typing import NDArray

from gpt2.cache import Cache, CachedModel
from gpt2.checkpoint import Checkpoint
from gpt2.library import kernel_library
from gpt2.model import weights_of
from gpt2.panels import FORMATS, PANEL, Format, as_buffer, pack, packed_size, panel_count, room
from solutions.solution_01 import GPT2Config
from solutions.solution_13 import GPT2LMHeadModel

TOKENS = "transformer.wte.weight"  # also the head's
POSITIONS = "transformer.wpe.weight"


class FastModel(CachedModel):
    """The kernel, which is compiled for any sizes, and the weights and sizes of a model."""

    def __init__(self, kernel: Model, config: GPT2Config, weights: Sequence[Buffer]) -> None:
        super().__init__(config)
        self._kernel = kernel
        sizes = np.array([config.n_positions, config.n_embd, config.n_inner])
        epsilon = np.array([config.layer_norm_epsilon], np.float32)
        self._model = [*weights, *map(Buffer.from_numpy, (sizes, epsilon))]

    def _buffer(self, batch: int, capacity: int) -> Buffer:
        size = panel_count(capacity) * PANEL * panel_count(self.config.head_dim) * PANEL
        return Buffer.from_numpy(room((self.config.n_layer, 2, batch, self.config.n_head, size), np.float32))

    def _forward(self, ids: NDArray[np.int64], positions: NDArray[np.int64], cache: Cache) -> NDArray:
        logits = np.empty((len(ids), self.config.vocab_size), np.float32)
        arrays = (ids, positions, np.array([cache.length]), cache.padding)
        self._kernel.execute(Buffer.from_numpy(logits), cache.buffer, *map(Buffer.from_numpy, arrays), *self._model)
        return logits


def load_fast_model(checkpoint: Checkpoint, weights: str) -> FastModel:
    """Load a checkpoint for the CPU, its weights in one of ``FORMATS``.

    Raises:
        CheckpointError: the weights cannot be read, or are not exactly the model's parameters.
    """
    config, kind = checkpoint.config, FORMATS[weights]
    with F.lazy():  # what the weights replace is never computed
        solution = GPT2LMHeadModel(config).to(CPU())
    stored = weights_of(solution, checkpoint)
    kernel = _compile(kind)  # before the weights take the memory that it needs for a moment
    return FastModel(kernel, config, _in_order(solution, stored, kind))


def _compile(kind: Format) -> Model:
    """The kernel for weights of a format. It knows nothing of a model's sizes, so that all models share it.

    Its arguments:
        logits: [batch, vocab_size] float32, where the scores of the next tokens are put.
        cache: [n_layer, 2, batch, n_head, capacity * head_dim] float32, the keys and values of the past, in
            panels. Those of the new tokens are put there.
        input_ids: [batch, seq_length] int64, the new tokens.
        positions: [batch, seq_length] int64, their places in their texts.
        past: [1] int64, how many places of the cache are in use.
        padding: [batch] int64, how many places at the start of a text hold no token.
        panels, vectors: what ``_in_order`` returns.
        sizes: [3] int64, n_positions, n_embd and n_inner.
        epsilon: [1] float32.
    """

    def forward(logits: Tensor, cache: Tensor, *others: Tensor) -> None:
        F.inplace_custom("gpt2", CPU(), [logits.__buffervalue__(), cache.__buffervalue__(), *others])

    compiled = compile(forward, name="gpt2", custom_extensions=[kernel_library()])(
        BufferType(DType.float32, ["batch", "vocab_size"], CPU()),
        BufferType(DType.float32, ["n_layer", 2, "batch", "n_head", "size"], CPU()),
        TensorType(DType.int64, ["batch", "seq_length"], CPU()),
        TensorType(DType.int64, ["batch", "seq_length"], CPU()),
        TensorType(DType.int64, [1], CPU()),
        TensorType(DType.int64, ["batch"], CPU()),
        TensorType(kind.dtype, ["panels"], CPU()),
        TensorType(DType.float32, ["vectors"], CPU()),
        TensorType(DType.int64, [3], CPU()),
        TensorType(DType.float32, [1], CPU()),
    )
    return compiled.engine_model


def _in_order(model: GPT2LMHeadModel, weights: Mapping[str, NDArray], kind: Format) -> tuple[Buffer, Buffer]:
    """The weights of a model in the order of its parameters, which is that in which a token meets them.

    Returns:
        The panels of all linear layers; and vectors in float32: for a linear layer what its products are
        to be multiplied by and the bias, which is 0 for the head, for a norm weight and bias, and the
        position table.
    """
    shapes = {name: tuple(map(int, parameter.shape)) for name, parameter in model.parameters}
    sizes = {name: packed_size(*shape) for name, shape in shapes.items() if len(shape) == 2 and name != POSITIONS}
    panels = room((sum(sizes.values()),), kind.numpy)
    vectors = []
    begin = 0
    for name in shapes:
        weight = weights[name]
        if name in sizes:
            vectors.append(pack(weight, kind, panels[begin : begin + sizes[name]]))
            begin += sizes[name]
        else:
            vectors.append(weight.ravel())
        if name == TOKENS:
            vectors.append(np.zeros(len(weight), np.float32))
    return as_buffer(panels, kind), Buffer.from_numpy(np.concatenate(vectors))
