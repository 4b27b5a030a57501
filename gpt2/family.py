"""The relatives of GPT-2: step 13's model with another activation function, or with a head of its own."""

from collections.abc import Callable, Mapping

from max.experimental import functional as F
from max.experimental.nn import Linear
from max.experimental.tensor import Tensor

from gpt2.configuration import Family
from solutions.solution_01 import GPT2Config
from solutions.solution_04 import GPT2MLP
from solutions.solution_13 import GPT2LMHeadModel

FUNCTIONS: Mapping[str, Callable[[Tensor], Tensor]] = {"gelu": F.gelu, "relu": F.relu, "silu": F.silu}


class RelatedMLP(GPT2MLP):
    """Step 4 with another function between its two layers."""

    def __init__(self, config: GPT2Config, activation: str) -> None:
        super().__init__(config)
        self.function = FUNCTIONS[activation]

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(self.function(self.c_fc(x)))


def adapt(model: GPT2LMHeadModel, config: GPT2Config, family: Family) -> None:
    """Let a model, whose weights are not loaded yet, compute what its family does."""
    if family.activation != "gelu_new":
        for block in model.transformer.h:
            block.mlp = RelatedMLP(config, family.activation)
    if not family.is_tied:
        model.lm_head = Linear(config.n_embd, config.vocab_size, bias=False)
