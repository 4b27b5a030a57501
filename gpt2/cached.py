"""The model with a cache that suits a device."""

from max.driver import Device

from gpt2.cache import CachedModel
from gpt2.checkpoint import Checkpoint
from gpt2.fast import load_fast_model
from gpt2.panels import FORMATS


def load_cached_model(checkpoint: Checkpoint, device: Device, weights: str = "float32") -> CachedModel:
    """Load a checkpoint into the model with a cache, compiled for any batch and length.

    The first time on a machine it is compiled, which takes half a minute on a CPU, for all models alike,
    and minutes on a GPU, for each shape of model. The result is kept on disk.

    Args:
        weights: what they are kept as: "float32", "bfloat16" or "int8"; on a GPU always float32.

    Raises:
        CheckpointError: the weights cannot be read, or are not exactly the model's parameters.
        ValueError: ``weights`` is another word, or a GPU is to have others than float32.
    """
    if weights not in FORMATS:
        raise ValueError(f"weights {weights!r}: expected {', '.join(FORMATS)}")
    if device.label == "cpu":
        return load_fast_model(checkpoint, weights)
    if weights != "float32":
        raise ValueError(f"weights {weights!r}: on a GPU they are kept as float32")

    # Imported here: it takes a third of a second, which is no use on a CPU.
    from gpt2.portable import load_portable_model

    return load_portable_model(checkpoint, device)
