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
        raise NotImplementedError("step 09, TODO 1: make the two linear layers")

    def split_heads(self, x: Tensor) -> Tensor:
        """[batch, seq_length, n_embd] -> [batch, n_head, seq_length, head_dim]."""
        # TODO 2: split the heads.
        #   Cut the features into heads, [batch, seq_length, n_head, head_dim], then put the
        #   head before the sequence, and return the result.
        raise NotImplementedError("step 09, TODO 2: split the heads")

    def merge_heads(self, x: Tensor) -> Tensor:
        """[batch, n_head, seq_length, head_dim] -> [batch, seq_length, n_embd]."""
        # TODO 3: merge the heads.
        #   Undo split_heads, and return the result.
        raise NotImplementedError("step 09, TODO 3: merge the heads")

    def forward(self, x: Tensor) -> Tensor:
        """Let the tokens of ``x`` [batch, seq_length, n_embd] attend; the shape stays."""
        # TODO 4: connect the pieces.
        #   Project x with c_attn, cut the result into queries, keys and values of n_embd
        #   features each, split their heads, attend (step 08), merge the heads, apply c_proj,
        #   and return the result.
        raise NotImplementedError("step 09, TODO 4: connect the pieces")
