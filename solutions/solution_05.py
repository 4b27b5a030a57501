"""Step 05: token embeddings.

A token is a number in a list; a network needs something with a direction. The embedding is
a table with one learned vector for each token of the vocabulary.

Check your work: `pixi run s05` (or `./run s05`).
"""

from max.experimental import functional as F
from max.experimental import random
from max.experimental.nn import Module
from max.experimental.tensor import Tensor

from solutions.solution_01 import GPT2Config


class GPT2Embeddings(Module[[Tensor], Tensor]):
    """One vector per token: ``wte`` in the Hugging Face checkpoint.

    Its parameter ``weight`` is [vocab_size, n_embd].
    """

    def __init__(self, config: GPT2Config) -> None:
        # TODO 1: make the table.
        #   self.weight [vocab_size, n_embd], filled with normally distributed random numbers
        #   of mean 0 and standard deviation 0.02: what GPT-2's training began with.
        # hint: One row per token, one column per feature.
        # hint: `random.normal(shape, mean=..., std=...)` draws the numbers.
        # hint: The shape is `[config.vocab_size, config.n_embd]`.
        # solution
        self.weight = random.normal([config.vocab_size, config.n_embd], mean=0.0, std=0.02)
        # end

    def forward(self, input_ids: Tensor) -> Tensor:
        """Look up ``input_ids`` [batch, seq_length] int64: [batch, seq_length, n_embd]."""
        # TODO 2: look up the ids.
        #   Return, for each id, its row of the table.
        # hint: Looking up is not arithmetic: the id says which row to copy.
        # hint: `F.gather(table, indices, axis)` collects slices of a table along an axis.
        # hint: The table is self.weight, the indices are input_ids, the axis is 0, the rows.
        # solution
        return F.gather(self.weight, input_ids, axis=0)
        # end
