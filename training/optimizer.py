"""How a gradient becomes a step: Muon for the weight matrices, Adam for the rest, and a learning rate that falls.

Muon comes to the same loss in about half the steps that Adam needs, because directions that are rare in the gradient
move as fast as common ones.

Source: K. Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks",
https://kellerjordan.github.io/posts/muon/. PyTorch's own `torch.optim.Muon` works in bfloat16, which is slow on most
CPUs.
"""

import math

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
MUON_LEARNING_RATE, ADAM_LEARNING_RATE = 0.02, 0.003
BETAS = (0.9, 0.95)
WARMUP = 50  # steps
LEAST = 0.02  # of the learning rate, at the end


def schedule(step: int, steps: int) -> float:
    """The learning rate's share of its peak: a linear warm-up, then a cosine down to ``LEAST``."""
    progress = max(0, step - WARMUP) / max(1, steps - WARMUP)
    half = (1 - LEAST) / 2
    return min(1.0, (step + 1) / WARMUP) * (LEAST + half + half * math.cos(math.pi * progress))


def orthogonalize(matrix: Tensor) -> Tensor:
    """Move all singular values of `matrix` near one, by five Newton-Schulz steps."""
    x = matrix / (matrix.norm() + 1e-7)
    tall = x.shape[0] > x.shape[1]
    if tall:  # keep x @ x.T the smaller of the two products
        x = x.T
    for _ in range(5):
        a = x @ x.T
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Momentum whose update is orthogonalized, for the weights of linear layers, [out, in]."""

    def __init__(self, matrices: list[nn.Parameter], lr: float) -> None:
        super().__init__(matrices, {"lr": lr})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for matrix in group["params"]:
                average = self.state[matrix].setdefault("average", torch.zeros_like(matrix))
                average.lerp_(matrix.grad, 1 - MOMENTUM)
                update = matrix.grad.lerp(average, MOMENTUM)  # Nesterov's look ahead
                n_in = matrix.shape[1]
                # c_attn is three matrices, one above the other: q, k and v each get an update of their own.
                parts = 3 if matrix.shape[0] == 3 * n_in else 1
                for part, direction in zip(matrix.chunk(parts), update.chunk(parts), strict=True):
                    scale = max(1.0, part.shape[0] / n_in) ** 0.5
                    part.add_(orthogonalize(direction), alpha=-group["lr"] * scale)


class Optimizer:
    """Both optimizers, and the schedule of their learning rates over ``steps`` steps."""

    def __init__(self, model: nn.Module, steps: int) -> None:
        self.steps = steps
        matrices = [p for name, p in model.named_parameters() if ".h." in name and p.ndim == 2]
        others = [p for name, p in model.named_parameters() if ".h." not in name or p.ndim == 1]
        self.parts = [
            (MUON_LEARNING_RATE, Muon(matrices, lr=MUON_LEARNING_RATE)),
            (ADAM_LEARNING_RATE, torch.optim.Adam(others, lr=ADAM_LEARNING_RATE, betas=BETAS)),
        ]

    def step(self, number: int) -> None:
        """Move the weights against their gradients, in the step of this number, and forget the gradients."""
        for peak, part in self.parts:
            for group in part.param_groups:
                group["lr"] = peak * schedule(number, self.steps)
            part.step()
            part.zero_grad()

    def state_dict(self) -> list[dict]:
        return [part.state_dict() for _, part in self.parts]

    def load_state_dict(self, states: list[dict]) -> None:
        for (_, part), state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)
