"""The model of step 13 with a key-value cache, in MAX's own operations: the engine on a GPU.

It runs on any device, and is the best place to see how a cache works: this file is step 13's model, its layers and
weights included, with the cache as a further argument. ``gpt2/cpu`` computes the same, in a way that is made for CPUs.
"""

import numpy as np
from max.driver import Buffer, Device
from max.dtype import DType
from max.experimental import functional as F
from max.experimental.compilation import CompiledCallable
from max.experimental.tensor import Tensor, TensorType, default_dtype
from numpy.typing import NDArray

from gpt2.checkpoint import Checkpoint, weights_of
from gpt2.family import adapt
from gpt2.kv_cache import CachedModel, KVCache
from gpt2.sampling import Logits
from solutions.solution_01 import GPT2Config
from solutions.solution_09 import GPT2MultiHeadAttention
from solutions.solution_13 import GPT2LMHeadModel


class CachedGPT2(GPT2LMHeadModel):
    """Step 13's model, with its layers and weights, which reads the keys and values of earlier tokens from a cache."""

    def forward(self, input_ids: Tensor, positions: Tensor, visible: Tensor, cache: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the logits of what follows the last of ``input_ids``.

        Args:
            input_ids: [batch, seq_length] int64, the new tokens.
            positions: [batch, seq_length] int64, their positions in their texts.
            visible: [batch, 1, seq_length, past + seq_length] bool, which tokens each new token
                attends to. The caller makes it: MAX 26.7 computes wrong scores when a mask that is
                itself computed in the graph is fused into the product of queries and keys.
            cache: [past, n_layer, 2, batch, n_head, head_dim], the earlier tokens' keys and values.

        Returns:
            Logits [batch, vocab_size], and the keys and values of the new tokens, to be appended to
            the cache: [seq_length, n_layer, 2, batch, n_head, head_dim].
        """
        stack = self.transformer
        batch, seq_length = input_ids.shape
        visible = F.rebind(visible, [batch, 1, seq_length, cache.shape[0] + seq_length])
        x = stack.wte(input_ids) + F.gather(stack.wpe.weight, positions, axis=0)  # [batch, seq, n_embd]
        rows = []
        for layer, block in enumerate(stack.h):
            attended, row = attend(block.attn, block.ln_1(x), visible, cache[:, layer])
            x = x + attended
            x = x + block.mlp(block.ln_2(x))
            rows.append(row)
        return self.lm_head(stack.ln_f(x[:, -1])), F.stack(rows, axis=1)


def attend(attention: GPT2MultiHeadAttention, x: Tensor, visible: Tensor, cache: Tensor) -> tuple[Tensor, Tensor]:
    """Step 9 with a cache [past, 2, batch, n_head, head_dim]: its output, and the new rows of the cache."""
    n_embd = attention.n_head * attention.head_dim
    query, key, value = (attention.split_heads(part) for part in F.split(attention.c_attn(x), [n_embd] * 3, axis=-1))
    rows = F.stack([part.permute([2, 0, 1, 3]) for part in (key, value)], axis=1)  # [seq, 2, batch, n_head, head_dim]
    keys, values = (
        F.concat([cache[:, index].permute([1, 2, 0, 3]), part], axis=2) for index, part in enumerate((key, value))
    )  # [batch, n_head, past + seq, head_dim]
    scores = query @ keys.transpose(-1, -2) * attention.head_dim**-0.5  # [batch, n_head, seq, past + seq]
    # Not -inf: padding attends to no token at all, and the softmax of a row of -inf is not a number.
    hidden = Tensor(-1e30, dtype=scores.dtype, device=scores.device)
    weights = F.softmax(F.where(visible, scores, hidden))
    return attention.c_proj(attention.merge_heads(weights @ values)), rows


class GpuModel(CachedModel):
    """A compiled ``CachedGPT2``.

    The first axis of its cache counts tokens, so that the part in use is contiguous memory, which the model
    reads without a copy: [capacity, n_layer, 2, batch, n_head, head_dim].
    """

    _batch_axis = 3

    def __init__(self, compiled: CompiledCallable, config: GPT2Config, device: Device) -> None:
        super().__init__(config)
        self._compiled = compiled
        self._device = device

    def _new_buffer(self, batch: int, capacity: int) -> Buffer:
        shape = (capacity, self.config.n_layer, 2, batch, self.config.n_head, self.config.head_dim)
        return Buffer.zeros(shape, DType.float32, self._device)

    def _forward(self, ids: NDArray[np.int64], positions: NDArray[np.int64], cache: KVCache) -> Logits:
        old, new = cache.length, cache.length + ids.shape[1]
        indices = np.arange(new)
        visible = (indices <= indices[old:, None]) & (indices >= cache.padding[:, None, None, None])
        arguments = [Buffer.from_numpy(array).to(self._device) for array in (ids, positions, visible)]
        rest = [slice(None)] * 5
        logits, rows = self._compiled.execute_raw(*arguments, cache.buffer[(slice(0, old), *rest)])
        cache.buffer[(slice(old, new), *rest)].inplace_copy_from(rows)
        scores: Logits = logits.to_numpy()
        return scores


def load_gpu_model(checkpoint: Checkpoint, device: Device) -> GpuModel:
    """Load a checkpoint for any device, compiled for any batch and length.

    The compilation takes minutes for a shape of model that this machine has never seen. MAX keeps
    the result on disk.

    Raises:
        CheckpointError: the weights cannot be read, or are not exactly the model's parameters.
    """
    config = checkpoint.config
    with default_dtype(DType.float32):  # MAX's own default is bfloat16 on a GPU
        with F.lazy():  # the random numbers that the weights replace are never drawn
            model = CachedGPT2(config)
            adapt(model, config, checkpoint.family)
            model = model.to(device)
        compiled = model.compile(
            TensorType(DType.int64, ["batch", "seq_length"], device),
            TensorType(DType.int64, ["batch", "seq_length"], device),
            TensorType(DType.bool, ["batch", 1, "seq_length", "total"], device),
            TensorType(DType.float32, ["past", config.n_layer, 2, "batch", config.n_head, config.head_dim], device),
            weights=weights_of(checkpoint),
        )
    return GpuModel(compiled, config, device)
