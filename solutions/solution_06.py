"""Step 06: position embeddings.

Attention alone cannot tell "dog bites man" from "man bites dog": it sees a set of tokens.
GPT-2 adds a learned vector for each position.

Check your work: `pixi run s06` (or `./run s06`).
"""

from max.dtype import DType
from max.experimental import functional as F
from max.experimental import random
from max.experimental.nn import Module
from max.experimental.tensor import Tensor

from solutions.solution_01 import GPT2Config


class GPT2PositionEmbeddings(Module[[Tensor], Tensor]):
    """One vector per position: ``wpe`` in the Hugging Face checkpoint.

    Its parameter ``weight`` is [n_positions, n_embd].
    """

    def __init__(self, config: GPT2Config) -> None:
        # TODO 1: make the table.
        #   self.weight [n_positions, n_embd], filled with normally distributed random numbers
        #   of mean 0 and standard deviation 0.02, as in step 05.
        # hint: The same kind of table as in step 05, with a row for each position.
        # hint: `random.normal(shape, mean=..., std=...)` draws the numbers.
        # hint: The shape is `[config.n_positions, config.n_embd]`.
        # solution
        self.weight = random.normal([config.n_positions, config.n_embd], mean=0.0, std=0.02)
        # end

    def forward(self, input_ids: Tensor) -> Tensor:
        """The vectors of positions 0, 1, ... of ``input_ids`` [batch, seq_length].

        Returns:
            [seq_length, n_embd]: the same for every row of the batch, whatever the ids.
        """
        # TODO 2: count the positions.
        #   Make 0, 1, ..., seq_length - 1: an int64 tensor on the device of input_ids.
        #   seq_length is input_ids.shape[1]. int(seq_length) reads it as a number and passes the
        #   checks, but in a compiled model, which reads texts of any length, there is no number.
        # hint: How long is a sequence? The shape of input_ids tells you.
        # hint: `F.arange(start, stop, dtype=..., device=...)` counts from start up to, not
        #   including, stop.
        # hint: stop is `input_ids.shape[1]` (shape[0] is the batch), dtype is `DType.int64`.
        # solution
        seq_length = input_ids.shape[1]
        positions = F.arange(0, seq_length, dtype=DType.int64, device=input_ids.device)
        # end

        # TODO 3: look up the positions.
        #   Return the rows of the table at these positions.
        # hint: The same lookup as in step 05; only the indices differ.
        # hint: `F.gather(table, indices, axis)`.
        # hint: The table is self.weight, the indices are your positions, the axis is 0.
        # solution
        return F.gather(self.weight, positions, axis=0)
        # end
