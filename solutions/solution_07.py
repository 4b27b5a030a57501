"""Step 07: queries, keys and values of one attention head.

Each token asks a question (query), offers a label that others' questions can match (key),
and has something to say to those that ask (value). All three are linear maps of its vector.

Check your work: `pixi run s07` (or `./run s07`).
"""

from max.experimental import functional as F
from max.experimental.nn import Linear, Module
from max.experimental.tensor import Tensor

from solutions.solution_01 import GPT2Config


class SingleHeadQKV(Module[[Tensor], tuple[Tensor, Tensor, Tensor]]):
    """The three projections of one head ("Attention Is All You Need", section 3.2.2).

    As in GPT-2 they are one layer, ``c_attn``: its output holds the query, then the key,
    then the value.
    """

    def __init__(self, config: GPT2Config) -> None:
        # TODO 1: make the layer.
        #   self.head_dim, the config's head_dim
        #   self.c_attn, a linear layer from n_embd to three times head_dim
        # hint: Three projections of the same input are one projection with three times the
        #   outputs.
        # hint: `Linear(in_dim, out_dim)`; the size of a head is config.head_dim (step 01).
        # hint: in_dim is `config.n_embd`, out_dim is `3 * self.head_dim`.
        # solution
        self.head_dim = config.head_dim
        self.c_attn = Linear(config.n_embd, 3 * self.head_dim)
        # end

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Project ``x`` [batch, seq_length, n_embd] to query, key and value.

        Returns:
            (query, key, value), each [batch, seq_length, head_dim].
        """
        # TODO 2: project.
        #   Apply c_attn: [batch, seq_length, 3 * head_dim].
        # hint: One call; a Linear layer works on the last axis and leaves the others alone.
        # hint: A layer is called like a function.
        # hint: `qkv = self.c_attn(x)`.
        # solution
        qkv = self.c_attn(x)  # [batch, seq, 3 * head_dim]
        # end

        # TODO 3: cut the projection in three.
        #   Cut the last axis into three equal parts and return them as a tuple: query, key,
        #   value, in this order.
        # hint: The first head_dim features are the query, the next the key, the last the value.
        # hint: `F.split(x, sizes, axis)` returns a list of tensors.
        # hint: The sizes are `[self.head_dim] * 3`, the axis is -1; unpack the list into three
        #   names.
        # solution
        query, key, value = F.split(qkv, [self.head_dim] * 3, axis=-1)
        return query, key, value
        # end
