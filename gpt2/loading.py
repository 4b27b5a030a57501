"""Loads a checkpoint into a model that runs: step 13's own, or the engine's, which has a key-value cache."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from max.driver import Device

from gpt2.checkpoint import Checkpoint, weights_of
from gpt2.cpu.model import load_cpu_model
from gpt2.cpu.panels import FORMATS
from gpt2.kv_cache import CachedModel
from gpt2.shipped import take_or_compile

if TYPE_CHECKING:
    from max.experimental.tensor import Tensor

    from solutions.solution_13 import GPT2LMHeadModel
    from solutions.solution_16 import KVCache

    Model = TypeVar("Model", bound=GPT2LMHeadModel)
    Caching = Callable[[Tensor, list[KVCache]], tuple[Tensor, list[KVCache]]]


def load_cached_model(checkpoint: Checkpoint, device: Device, weights: str = "float32") -> CachedModel:
    """Load a checkpoint into the model with a cache, compiled for any batch and length.

    It is compiled the first time. On a CPU that takes half a minute, once for all models. On a GPU it takes minutes,
    once for each shape of model. The result is kept on disk.

    Args:
        weights: the type that weights are stored as: "float32", "bfloat16" or "int8"; on a GPU always "float32".

    Raises:
        CheckpointError: the weights cannot be read, or are not exactly the model's parameters.
        ValueError: ``weights`` is unknown, or not "float32" on a GPU.
    """
    if weights not in FORMATS:
        raise ValueError(f"weights {weights!r}: expected {', '.join(FORMATS)}")
    if device.label == "cpu":
        return load_cpu_model(checkpoint, weights)
    if weights != "float32":
        raise ValueError(f"weights {weights!r}: on a GPU they are kept as float32")

    # Imported here: it takes a third of a second, and a CPU does not need it.
    from gpt2.gpu import load_gpu_model

    return load_gpu_model(checkpoint, device)


def load_model(checkpoint: Checkpoint, device: Device) -> Callable[["Tensor"], "Tensor"]:
    """Load a checkpoint into step 13's model, compiled for any batch and length.

    The story model comes compiled. For another shape of model the compilation takes a minute or more, once: MAX keeps
    the result on disk.

    Returns:
        The model: ids [batch, seq_length] int64 on the device -> logits [batch, seq_length,
        vocab_size] float32. Unlike step 13's class, it cannot check the length, which must be at most n_positions.

    Raises:
        CheckpointError: the weights cannot be read, or are not exactly the model's parameters.
    """
    return take_or_compile(partial(compile_model, checkpoint, device), device)


def compile_model(checkpoint: Checkpoint, device: Device) -> Callable[["Tensor"], "Tensor"]:
    """As ``load_model``, but compiled by MAX in any case, or found in its cache."""
    # Imported here: they take a third of a second, which the engine on a CPU has no use for.
    from max.dtype import DType
    from max.experimental.tensor import TensorType, default_dtype

    from solutions.solution_13 import GPT2LMHeadModel

    ids = TensorType(DType.int64, ["batch", "seq_length"], device)
    model = _new_model(GPT2LMHeadModel, checkpoint, device)
    with default_dtype(DType.float32):
        compiled: Callable[[Tensor], Tensor] = model.compile(ids, weights=weights_of(checkpoint))
    return compiled


def compile_model_with_cache(checkpoint: Checkpoint, device: Device) -> tuple["Caching", "list[KVCache]"]:
    """As ``compile_model``, of step 16's model, for texts that go on from others of any length.

    Returns:
        The model: new ids and the cache of what was read before -> logits and the cache of all; and the cache of no
        text at all.
    """
    from max.dtype import DType
    from max.experimental.tensor import Tensor, TensorType, default_dtype

    from solutions.solution_16 import CachedGPT2, KVCache

    config = checkpoint.config
    ids = TensorType(DType.int64, ["batch", "seq_length"], device)
    past = TensorType(DType.float32, ["batch", config.n_head, "past_length", config.head_dim], device)
    model = _new_model(CachedGPT2, checkpoint, device)
    with default_dtype(DType.float32):
        compiled: Caching = model.compile(ids, [KVCache(past, past)] * config.n_layer, weights=weights_of(checkpoint))
    nothing = Tensor(np.zeros((1, config.n_head, 0, config.head_dim), np.float32), device=device)
    return compiled, [KVCache(nothing, nothing)] * config.n_layer


def load_uncompiled_model(checkpoint: Checkpoint, device: Device) -> Callable[["Tensor"], "Tensor"]:
    """As ``load_model``, but run operation by operation, which is slower: for a model that reads lengths as numbers.

    Raises:
        CheckpointError: the weights cannot be read, or are not exactly the model's parameters.
    """
    from solutions.solution_13 import GPT2LMHeadModel

    model = _new_model(GPT2LMHeadModel, checkpoint, device)
    model.load_state_dict(weights_of(checkpoint))
    return model


def _new_model(kind: "type[Model]", checkpoint: Checkpoint, device: Device) -> "Model":
    from max.dtype import DType
    from max.experimental import functional as F
    from max.experimental.tensor import default_dtype

    from gpt2.family import adapt

    # MAX's own default is bfloat16 on a GPU. Lazily: the random numbers that the weights replace are never drawn.
    with default_dtype(DType.float32), F.lazy():
        model = kind(checkpoint.config)
        adapt(model, checkpoint.config, checkpoint.family)
        return model.to(device)
