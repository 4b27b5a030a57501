"""A checkpoint's weights in the model of step 13, compiled."""

from collections.abc import Callable

from max.driver import Device
from max.dtype import DType
from max.experimental import functional as F
from max.experimental.tensor import Tensor, TensorType

from gpt2.checkpoint import Checkpoint, weights_of
from solutions.solution_13 import GPT2LMHeadModel


def load_model(checkpoint: Checkpoint, device: Device) -> Callable[[Tensor], Tensor]:
    """Load a checkpoint into step 13's model and compile it for any batch and length.

    The compilation takes a minute or more for a shape of model that this machine has never
    seen. MAX keeps the result on disk.

    Returns:
        The model: ids [batch, seq_length] int64 on the device -> logits [batch, seq_length,
        vocab_size] float32. Unlike the model it cannot check the length, which must be at most
        n_positions.

    Raises:
        CheckpointError: the weights cannot be read, or are not exactly the model's parameters.
    """
    with F.lazy():  # the random numbers that the weights replace are never drawn
        model = GPT2LMHeadModel(checkpoint.config).to(device)
    ids = TensorType(DType.int64, ["batch", "seq_length"], device)
    return model.compile(ids, weights=weights_of(checkpoint))
