"""The engine's model on a CPU: step 13's model with a key-value cache, computed by the operation in gpt2/cpu/mojo."""

from collections.abc import Mapping

import numpy as np
from max.driver import Buffer
from numpy.typing import NDArray

from gpt2.checkpoint import HEAD, TABLE, Checkpoint, Weight, weight_shapes, weights_of
from gpt2.configuration import Family
from gpt2.cpu.kernel import Kernel, load_kernel
from gpt2.cpu.panels import FORMATS, Format, aligned_array, as_buffer, pack, packed_size, panel_count
from gpt2.kv_cache import CachedModel, KVCache
from gpt2.sampling import Logits
from solutions.solution_01 import GPT2Config

POSITIONS = "transformer.wpe.weight"

ACTIVATIONS = ("gelu_new", "gelu", "relu", "silu")  # as gpt2/cpu/mojo/linear.mojo numbers them


class CpuModel(CachedModel):
    """The compiled operation, which serves models of any sizes, with the weights and sizes of one model."""

    _batch_axis = 2

    def __init__(self, kernel: Kernel, config: GPT2Config, family: Family, panels: Buffer, vectors: Buffer) -> None:
        super().__init__(config)
        self._kernel = kernel
        activation = ACTIVATIONS.index(family.activation)
        sizes = np.array([config.n_positions, config.n_embd, config.n_inner, activation, kernel.panel])
        epsilon = np.array([config.layer_norm_epsilon], np.float32)
        self._model = [panels, vectors, Buffer.from_numpy(sizes), Buffer.from_numpy(epsilon)]

    def _new_buffer(self, batch: int, capacity: int) -> Buffer:
        panel = self._kernel.panel
        size = panel_count(capacity, panel) * panel * panel_count(self.config.head_dim, panel) * panel
        return Buffer.from_numpy(aligned_array((self.config.n_layer, 2, batch, self.config.n_head, size), np.float32))

    def _forward(self, ids: NDArray[np.int64], positions: NDArray[np.int64], cache: KVCache) -> Logits:
        logits = np.empty((len(ids), self.config.vocab_size), np.float32)
        arrays = (ids, positions, np.array([cache.length]), cache.padding)
        self._kernel.model.execute(
            Buffer.from_numpy(logits), cache.buffer, *map(Buffer.from_numpy, arrays), *self._model
        )
        return logits


def load_cpu_model(checkpoint: Checkpoint, weights: str) -> CpuModel:
    """Load a checkpoint for the CPU, with weights stored in one of ``FORMATS``.

    Raises:
        CheckpointError: the weights cannot be read, or are not exactly the model's parameters.
    """
    config, family = checkpoint.config, checkpoint.family
    kind, shapes = FORMATS[weights], weight_shapes(config, family.is_tied)
    stored = weights_of(checkpoint)
    kernel = load_kernel(kind.dtype)  # first, because compiling it needs the memory that the weights will take
    return CpuModel(kernel, config, family, *_lay_out(stored, shapes, kind, kernel.panel))


def _lay_out(
    weights: Mapping[str, Weight], shapes: Mapping[str, tuple[int, ...]], kind: Format, panel: int
) -> tuple[Buffer, Buffer]:
    """Put the weights of a model one after the other, in the order of ``shapes``.

    gpt2/cpu/mojo/weights.mojo takes them in this order, and refuses them if they are too many or too few.

    Returns:
        The panels of all linear layers; and in float32 what else there is: for a linear layer its scales and
        its bias, which is 0 for the head, for a norm its weight and bias, and the position table.
    """
    sizes = {
        name: packed_size(*shape, panel) for name, shape in shapes.items() if len(shape) == 2 and name != POSITIONS
    }
    panels = aligned_array((sum(sizes.values()),), kind.numpy)
    vectors = []
    begin = 0
    for name in shapes:
        weight = weights[name]
        if name in sizes:
            vectors.append(pack(weight, kind, panels[begin : begin + sizes[name]], panel))
            begin += sizes[name]
        else:
            vectors.append(weight.ravel())
        if name in (TABLE, HEAD):  # the head, and the table that a tied one is, have no bias
            vectors.append(np.zeros(len(weight), np.float32))
    return as_buffer(panels, kind), Buffer.from_numpy(np.concatenate(vectors))
