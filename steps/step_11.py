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
        raise NotImplementedError("step 11, TODO 1: make the four parts")

    def forward(self, x: Tensor) -> Tensor:
        """Transform ``x`` [batch, seq_length, n_embd]; the shape stays."""
        # TODO 2: let the tokens exchange what they know.
        #   The first residual, around attention (ln_1): [batch, seq_length, n_embd], as before.
        raise NotImplementedError("step 11, TODO 2: let the tokens exchange what they know")

        # TODO 3: let each token think.
        #   The second residual, around the feed-forward network (ln_2); return the sum.
        raise NotImplementedError("step 11, TODO 3: let each token think")
