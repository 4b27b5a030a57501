"""The model of the steps in PyTorch, which has gradients. Names, shapes and results are those of step 13."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.solution_01 import GPT2Config

# GPT-2's 0.02 is for wide models. At width 128 words of one kind, such as names, would stay almost alike.
TABLE_DEVIATION = 0.1
DEVIATION = 0.02


class Attention(nn.Module):
    def __init__(self, config: GPT2Config) -> None:
        super().__init__()
        self.n_head, self.head_dim = config.n_head, config.head_dim
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)

    def forward(self, x: Tensor) -> Tensor:
        batch, seq_length, n_embd = x.shape
        heads = self.c_attn(x).view(batch, seq_length, 3, self.n_head, self.head_dim)
        q, k, v = heads.permute(2, 0, 3, 1, 4)  # each [batch, n_head, seq, head_dim]
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(mixed.transpose(1, 2).reshape(batch, seq_length, n_embd))


class MLP(nn.Module):
    def __init__(self, config: GPT2Config) -> None:
        super().__init__()
        self.c_fc = nn.Linear(config.n_embd, config.n_inner)
        self.c_proj = nn.Linear(config.n_inner, config.n_embd)

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, config: GPT2Config) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd, config.layer_norm_epsilon)
        self.attn = Attention(config)
        self.ln_2 = nn.LayerNorm(config.n_embd, config.layer_norm_epsilon)
        self.mlp = MLP(config)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self, config: GPT2Config) -> None:
        super().__init__()
        self.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.wpe = nn.Embedding(config.n_positions, config.n_embd)
        self.h = nn.Sequential(*(Block(config) for _ in range(config.n_layer)))
        self.ln_f = nn.LayerNorm(config.n_embd, config.layer_norm_epsilon)

    def forward(self, input_ids: Tensor) -> Tensor:
        x = self.wte(input_ids) + self.wpe.weight[: input_ids.shape[1]]  # [batch, seq, n_embd]
        return self.ln_f(self.h(x))


class GPT2(nn.Module):
    """Ids [batch, seq] in, logits [batch, seq, vocab_size] out; the head is tied to the token table."""

    def __init__(self, config: GPT2Config) -> None:
        super().__init__()
        self.config = config
        self.transformer = Transformer(config)
        for name, parameter in self.named_parameters():
            if name.endswith(".bias"):
                nn.init.zeros_(parameter)
            elif parameter.ndim == 2:
                nn.init.normal_(parameter, std=_deviation(name, config))

    def forward(self, input_ids: Tensor) -> Tensor:
        return self.transformer(input_ids) @ self.transformer.wte.weight.T


def _deviation(name: str, config: GPT2Config) -> float:
    if "wte" in name:
        return TABLE_DEVIATION
    # What is added to the residual stream is made smaller, the more often something is added (section 2.3).
    return DEVIATION / math.sqrt(2 * config.n_layer) if "c_proj" in name else DEVIATION


@torch.no_grad()
def continue_text(model: GPT2, ids: list[int], count: int, temperature: float, random: torch.Generator) -> list[int]:
    """Draw up to ``count`` tokens after ``ids``, and stop at the one that ends a text, which is the last id."""
    end = model.config.vocab_size - 1
    written: list[int] = []
    while len(written) < count and end not in written[-1:]:
        window = torch.tensor([[*ids, *written][-model.config.n_positions :]])
        logits = model(window)[0, -1]
        written.append(int(torch.multinomial(F.softmax(logits / temperature, dim=-1), 1, generator=random)))
    return written
