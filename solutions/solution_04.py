"""Step 04: the feed-forward network.

After attention has mixed the tokens, this network thinks about each of them on its own:
widen, bend, narrow. Without the bend (GELU) the two layers would collapse into one.

Check your work: `pixi run s04` (or `./run s04`).
"""

from max.experimental import functional as F
from max.experimental.nn import Linear, Module
from max.experimental.tensor import Tensor

from solutions.solution_01 import GPT2Config


class GPT2MLP(Module[[Tensor], Tensor]):
    """Two linear layers with a GELU between them ("Attention Is All You Need", section 3.3).

    Parameters ``c_fc`` and ``c_proj`` are named as in the Hugging Face checkpoint.
    """

    def __init__(self, config: GPT2Config) -> None:
        # TODO 1: make the two linear layers:
        #   self.c_fc    from n_embd to n_inner
        #   self.c_proj  from n_inner back to n_embd
        # hint: The network is wide in the middle: 4 times as wide in the published models.
        # hint: `Linear(in_dim, out_dim)` holds a weight and a bias.
        # hint: `self.c_fc = Linear(config.n_embd, config.n_inner)`; c_proj goes the other way.
        # solution
        self.c_fc = Linear(config.n_embd, config.n_inner)
        self.c_proj = Linear(config.n_inner, config.n_embd)
        # end

    def forward(self, x: Tensor) -> Tensor:
        """Transform ``x`` [batch, seq_length, n_embd] token by token; the shape stays."""
        # TODO 2: widen, bend, narrow.
        #   Apply c_fc, then GELU in its tanh form, then c_proj, and return the result.
        #   GPT-2 was trained with gelu(x) = x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 * x**3)));
        #   the exact, erf form gives slightly different numbers.
        # hint: Three operations in a row, each fed with the result of the one before.
        # hint: `F.gelu(x, approximate="tanh")` is GPT-2's GELU; without the argument it is the
        #   erf form.
        # hint: Call the layers like functions, from the inside out: c_fc(x), gelu of that,
        #   c_proj of that.
        # solution
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))
        # end
