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
        # hint: The head has no parameters: the stack is all that there is to make.
        # hint: `GPT2Model(config)`.
        # hint: One assignment to self.transformer.
        # solution
        self.transformer = GPT2Model(config)
        # end

    def lm_head(self, hidden: Tensor) -> Tensor:
        """Score ``hidden`` [batch, seq_length, n_embd]: logits [batch, seq_length, vocab_size]."""
        # TODO 2: score every token of the vocabulary.
        #   Return the dot product of each vector with every row of the token table, which is
        #   the weight of self.transformer.wte. There is no bias.
        # hint: The more a vector points along a token's embedding, the higher that token's
        #   score.
        # hint: All dot products between the rows of two matrices are one matrix product; `.T`
        #   transposes.
        # hint: `hidden @ ...`, and the table's shape [vocab_size, n_embd] says why it needs
        #   `.T`.
        # solution
        return hidden @ self.transformer.wte.weight.T
        # end

    def forward(self, input_ids: Tensor) -> Tensor:
        """Score ``input_ids`` [batch, seq_length] int64: logits [batch, seq_length, vocab_size].

        Raises:
            ValueError: the sequence is longer than ``n_positions``.
        """
        # TODO 3: run the stack and the head.
        #   Return the logits.
        # hint: Two calls, one inside the other.
        # hint: self.transformer is called like a function, self.lm_head is a method.
        # hint: Row i of the result is what the model expects after token i.
        # solution
        return self.lm_head(self.transformer(input_ids))
        # end
