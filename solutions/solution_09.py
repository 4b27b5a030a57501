"""Step 09: multi-head attention.

Twelve heads look at the same tokens in twelve ways. All heads are computed at once: the
features are cut into one slice per head, and the head becomes an axis of its own.

Check your work: `pixi run s09` (or `./run s09`).
"""

from max.experimental import functional as F
from max.experimental.nn import Linear, Module
from max.experimental.tensor import Tensor

from solutions.solution_01 import GPT2Config
from solutions.solution_08 import compute_attention


class GPT2MultiHeadAttention(Module[[Tensor], Tensor]):
    """Causal self-attention with ``n_head`` heads ("Attention Is All You Need", section 3.2.2).

    Parameters ``c_attn`` and ``c_proj`` are named as in the Hugging Face checkpoint.
    """

    def __init__(self, config: GPT2Config) -> None:
        self.n_head = config.n_head
        self.head_dim = config.head_dim
        # TODO 1: make the two linear layers:
        #   self.c_attn  from n_embd to 3 * n_embd: the queries, keys and values of all heads
        #   self.c_proj  from n_embd to n_embd: mixes what the heads found
        # hint: As in step 07, but for all heads together: n_head * head_dim is n_embd.
        # hint: `Linear(in_dim, out_dim)`.
        # hint: c_attn is `Linear(config.n_embd, 3 * config.n_embd)`.
        # solution
        self.c_attn = Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = Linear(config.n_embd, config.n_embd)
        # end

    def split_heads(self, x: Tensor) -> Tensor:
        """[batch, seq_length, n_embd] -> [batch, n_head, seq_length, head_dim]."""
        # TODO 2: split the heads.
        #   Cut the features into heads, [batch, seq_length, n_head, head_dim], then put the
        #   head before the sequence, and return the result.
        # hint: Head 0 owns the first head_dim features, head 1 the next ones, and so on.
        # hint: `x.reshape(shape)` cuts an axis in two; `x.transpose(axis, axis)` swaps two
        #   axes.
        # hint: Reshape to `[batch, seq_length, self.n_head, self.head_dim]`, then swap axes 1
        #   and 2.
        # solution
        batch, seq_length, _ = x.shape
        return x.reshape([batch, seq_length, self.n_head, self.head_dim]).transpose(1, 2)
        # end

    def merge_heads(self, x: Tensor) -> Tensor:
        """[batch, n_head, seq_length, head_dim] -> [batch, seq_length, n_embd]."""
        # TODO 3: merge the heads.
        #   Undo split_heads, and return the result.
        # hint: The same two operations, in the opposite order.
        # hint: `x.transpose(axis, axis)` first, `x.reshape(shape)` last.
        # hint: Swap axes 1 and 2, then reshape to `[batch, seq_length, self.n_head *
        #   self.head_dim]`.
        # solution
        batch, _, seq_length, _ = x.shape
        return x.transpose(1, 2).reshape([batch, seq_length, self.n_head * self.head_dim])
        # end

    def forward(self, x: Tensor) -> Tensor:
        """Let the tokens of ``x`` [batch, seq_length, n_embd] attend; the shape stays."""
        # TODO 4: connect the pieces.
        #   Project x with c_attn, cut the result into queries, keys and values of n_embd
        #   features each, split their heads, attend (step 08), merge the heads, apply c_proj,
        #   and return the result.
        # hint: All the parts are there: only connect them.
        # hint: `F.split(x, sizes, axis)` as in step 07, then `compute_attention(query, key,
        #   value)`.
        # hint: Each of the three goes through self.split_heads; the answer through
        #   self.merge_heads, then self.c_proj.
        # solution
        n_embd = self.n_head * self.head_dim
        query, key, value = F.split(self.c_attn(x), [n_embd] * 3, axis=-1)  # [batch, seq, n_embd]
        attended = compute_attention(
            self.split_heads(query), self.split_heads(key), self.split_heads(value)
        )  # [batch, n_head, seq, head_dim]
        return self.c_proj(self.merge_heads(attended))
        # end
