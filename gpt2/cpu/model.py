"""The model of step 13 on a CPU, as fast as its weights can be read: with a cache, and a kernel of its own.

It computes what the solutions do, in the one operation of gpt2/cpu/mojo, for which weights are stored
in panels. gpt2/gpu.py is the same model in MAX's own operations.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from max.driver import Buffer
from max.engine import Model
from numpy.typing import NDArray

from gpt2.cached_model import Cache, CachedModel
from gpt2.checkpoint import Checkpoint, read_weights, weight_shapes
from gpt2.cpu.kernel import load_kernel
from gpt2.cpu.panels import FORMATS, PANEL, Format, as_buffer, pack, packed_size, panel_count, room
from solutions.solution_01 import GPT2Config

TOKENS = "transformer.wte.weight"  # also the head's
POSITIONS = "transformer.wpe.weight"


class FastModel(CachedModel):
    """The kernel, which is compiled for any sizes, and the weights and sizes of a model."""

    _batch_axis = 2

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
    kind, shapes = FORMATS[weights], weight_shapes(checkpoint.config)
    stored = read_weights(checkpoint.folder, shapes)
    kernel = load_kernel(kind.dtype)  # before the weights take the memory that a compilation needs
    return FastModel(kernel, checkpoint.config, _in_order(stored, shapes, kind))


def _in_order(
    weights: Mapping[str, NDArray], shapes: Mapping[str, tuple[int, ...]], kind: Format
) -> tuple[Buffer, Buffer]:
    """The weights of a model in the order of its parameters, which is that in which a token meets them.

    Returns:
        The panels of all linear layers; and vectors in float32: for a linear layer what its products are
        to be multiplied by and the bias, which is 0 for the head, for a norm weight and bias, and the
        position table.
    """
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
