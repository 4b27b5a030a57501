"""Step 13: the language-model head.

The head asks which token's vector the model's last vector resembles most. It needs no
weights of its own: GPT-2 reads tokens out with the very table that it reads them in with.

Check your work: `pixi run s13` (or `./run s13`).
"""

from max.experimental.nn import Module
from max.experimental.tensor import Tensor

from solutions.solution_01 import GPT2Config
from solutions.solution_12 import GPT2Model


class GPT2LMHeadModel(Module[[Tensor], Tensor]):
    """The complete GPT-2: ids in, a score for every possible next token out.

    The child ``transformer`` is named as in the Hugging Face checkpoint, where ``lm_head``
    is tied to ``transformer.wte`` (Press & Wolf, 2017).
    """

    def __init__(self, config: GPT2Config) -> None:
        # TODO 1: make the stack.
        #   self.transformer, the GPT2Model of step 12
        raise NotImplementedError("step 13, TODO 1: make the stack")

    def lm_head(self, hidden: Tensor) -> Tensor:
        """Score ``hidden`` [batch, seq_length, n_embd]: logits [batch, seq_length, vocab_size]."""
        # TODO 2: score every token of the vocabulary.
        #   Return the dot product of each vector with every row of the token table, which is
        #   the weight of self.transformer.wte. There is no bias.
        raise NotImplementedError("step 13, TODO 2: score every token of the vocabulary")

    def forward(self, input_ids: Tensor) -> Tensor:
        """Score ``input_ids`` [batch, seq_length] int64: logits [batch, seq_length, vocab_size].

        Raises:
            ValueError: the sequence is longer than ``n_positions``.
        """
        # TODO 3: run the stack and the head.
        #   Return the logits.
        raise NotImplementedError("step 13, TODO 3: run the stack and the head")
