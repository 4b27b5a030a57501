"""Step 11: the transformer block.

The unit that GPT-2 is a stack of: the tokens exchange what they know (attention), then each
works on what it has heard (feed-forward). Both as residuals around a normalized sublayer.

Check your work: `pixi run s11` (or `./run s11`).
"""

from max.experimental.nn import Module
from max.experimental.tensor import Tensor

from solutions.solution_01 import GPT2Config
from solutions.solution_03 import LayerNorm
from solutions.solution_04 import GPT2MLP
from solutions.solution_09 import GPT2MultiHeadAttention


class GPT2Block(Module[[Tensor], Tensor]):
    """One pre-norm transformer block (GPT-2 paper, section 2.3).

    The children ``ln_1``, ``attn``, ``ln_2`` and ``mlp`` are named as in the Hugging Face
    checkpoint.
    """

    def __init__(self, config: GPT2Config) -> None:
        # TODO 1: make the four parts:
        #   self.ln_1  LayerNorm over n_embd features, with layer_norm_epsilon (step 03)
        #   self.attn  GPT2MultiHeadAttention (step 09)
        #   self.ln_2  a second LayerNorm, with weights of its own
        #   self.mlp   GPT2MLP (step 04)
        # hint: Two sublayers, and a norm for each of them.
        # hint: `LayerNorm(dim, eps)`; the sublayers take the config.
        # hint: `self.ln_1 = LayerNorm(config.n_embd, config.layer_norm_epsilon)`; ln_2 is made
        #   the same way.
        # solution
        self.ln_1 = LayerNorm(config.n_embd, config.layer_norm_epsilon)
        self.attn = GPT2MultiHeadAttention(config)
        self.ln_2 = LayerNorm(config.n_embd, config.layer_norm_epsilon)
        self.mlp = GPT2MLP(config)
        # end

    def forward(self, x: Tensor) -> Tensor:
        """Transform ``x`` [batch, seq_length, n_embd]; the shape stays."""
        # TODO 2: let the tokens exchange what they know.
        #   The first residual, around attention (ln_1): [batch, seq_length, n_embd], as before.
        # hint: The pattern of step 10, with attn as the sublayer.
        # hint: Normalize, attend, add.
        # hint: `x = x + ...`: self.attn of self.ln_1 of x.
        # solution
        x = x + self.attn(self.ln_1(x))
        # end

        # TODO 3: let each token think.
        #   The second residual, around the feed-forward network (ln_2); return the sum.
        # hint: It continues from what the first residual gave.
        # hint: Normalize with ln_2, apply mlp, add.
        # hint: The same line as before, with ln_2 and mlp.
        # solution
        return x + self.mlp(self.ln_2(x))
        # end
