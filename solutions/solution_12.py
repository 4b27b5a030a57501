"""Step 12: the stack.

Token and position vectors enter at the bottom, pass through the blocks one after another,
and leave through a last layer normalization: one vector per token that holds what the model
knows at that position.

Check your work: `pixi run s12` (or `./run s12`).
"""

from max.experimental.nn import Module, Sequential
from max.experimental.tensor import Tensor
from max.graph import StaticDim

from solutions.solution_01 import GPT2Config
from solutions.solution_03 import LayerNorm
from solutions.solution_05 import GPT2Embeddings
from solutions.solution_06 import GPT2PositionEmbeddings
from solutions.solution_11 import GPT2Block


class GPT2Model(Module[[Tensor], Tensor]):
    """GPT-2 without its head: ``transformer`` in the Hugging Face checkpoint.

    The children ``wte``, ``wpe``, ``h`` and ``ln_f`` are named as there.
    """

    def __init__(self, config: GPT2Config) -> None:
        self.n_positions = config.n_positions
        # TODO 1: make the parts, from the bottom up:
        #   self.wte   GPT2Embeddings (step 05)
        #   self.wpe   GPT2PositionEmbeddings (step 06)
        #   self.h     a Sequential of n_layer blocks (step 11), each with weights of its own
        #   self.ln_f  LayerNorm over n_embd features, with layer_norm_epsilon (step 03)
        # hint: Three parts are made once; the blocks are made n_layer times.
        # hint: `Sequential(*modules)` applies its modules in order; a generator expression
        #   makes them.
        # hint: `Sequential(*(GPT2Block(config) for _ in range(config.n_layer)))`.
        # solution
        self.wte = GPT2Embeddings(config)
        self.wpe = GPT2PositionEmbeddings(config)
        self.h = Sequential(*(GPT2Block(config) for _ in range(config.n_layer)))
        self.ln_f = LayerNorm(config.n_embd, config.layer_norm_epsilon)
        # end

    def forward(self, input_ids: Tensor) -> Tensor:
        """Read ``input_ids`` [batch, seq_length] int64: [batch, seq_length, n_embd].

        Raises:
            ValueError: the sequence is longer than ``n_positions``.
        """
        # TODO 2: refuse a sequence that is too long.
        #   If input_ids.shape[1] is known (a StaticDim) and larger than self.n_positions, raise
        #   ValueError with both numbers in its message: the position table has no row for the
        #   rest. In a compiled model the length can be symbolic, a name: then refuse nothing.
        # hint: Without a refusal the lookup fails deep inside, or the model speaks nonsense.
        # hint: `isinstance(dim, StaticDim)` tells a known length from a symbolic one;
        #   `int(dim)` reads it.
        # hint: `if isinstance(seq_length, StaticDim) and int(seq_length) > ...: raise
        #   ValueError(f"...")`.
        # solution
        seq_length = input_ids.shape[1]
        if isinstance(seq_length, StaticDim) and int(seq_length) > self.n_positions:
            raise ValueError(
                f"{int(seq_length)} tokens do not fit into a context of {self.n_positions}"
            )
        # end

        # TODO 3: run the stack.
        #   Add the position vectors to the token vectors, apply the blocks, then ln_f, and
        #   return the result.
        # hint: The positions are [seq_length, n_embd]: adding them serves every row of the
        #   batch.
        # hint: wte and wpe both take input_ids; self.h is called like a single layer.
        # hint: `x = self.wte(input_ids) + self.wpe(input_ids)`, then self.h, then self.ln_f.
        # solution
        x = self.wte(input_ids) + self.wpe(input_ids)  # [batch, seq, n_embd]
        return self.ln_f(self.h(x))
        # end
