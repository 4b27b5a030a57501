"""The training itself, which can be killed at any time and goes on from its last saved state."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from solutions.solution_01 import GPT2Config
from training.model import GPT2
from training.optimizer import Optimizer
from training.sizes import BATCH
from training.windows import Windows, in_order, mean_nats

LOOKS = 40  # so often a training is judged and saved
JUDGED_BY = 32  # held-out windows while it trains; in the end all of them count
TRIED = 6  # steps that tell how fast this machine is

Documents = list[NDArray[np.int64]]  # ids, each from its <|endoftext|> on
State = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """What is known after so many steps; the loss of training is the mean since the look before it."""

    step: int
    training: float
    held_out: float
    seconds: float


@dataclass
class Training:
    """A model, and how far its training is.

    Attributes:
        label_smoothing: so much probability is to be spread over the whole vocabulary.
        best: the weights with the lowest loss on what is held out. A small text is known by heart sooner or later,
            and then the loss on every other text rises.
    """

    config: GPT2Config
    training: Documents
    held_out: Documents
    seed: int
    steps: int
    label_smoothing: float = 0.0
    done: int = 0
    seconds: float = 0.0
    looks: list[Look] = field(default_factory=list)
    best: State = field(default_factory=dict)

    def __post_init__(self) -> None:
        torch.manual_seed(self.seed)
        self.model = GPT2(self.config)
        self.optimizer = Optimizer(self.model, self.steps)
        self.windows = Windows(self.training, self.config.n_positions, self.seed)
        in_all = in_order(self.held_out, self.config.n_positions)
        self.judges = in_all[:: -(-len(in_all) // JUDGED_BY)]  # from everywhere in the text
        self._losses: list[float] = []

    def run(self) -> Iterator[Look | None]:
        """Train to the end: after each step yields what was found, if that was a time to look, and then may be saved.

        In the end the model has the best weights.
        """
        began = time.monotonic() - self.seconds
        times = {round(look * self.steps / LOOKS) for look in range(1, LOOKS + 1)}
        while self.done < self.steps:
            self.loss = self.step()
            self._losses.append(self.loss)
            self.seconds = time.monotonic() - began
            yield self._look() if self.done in times else None
        self.model.load_state_dict(self.best)

    def step(self) -> float:
        """Read some windows, and move each weight a little to where they would have been less of a surprise."""
        windows = self.windows.draw(self.done, BATCH)
        logits = self.model(windows[:, :-1])
        loss = F.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten(), label_smoothing=self.label_smoothing)
        loss.backward()
        self.optimizer.step(self.done)
        self.done += 1
        return loss.item()

    def _look(self) -> Look:
        held_out = mean_nats(self.model, self.judges)
        if held_out <= min((look.held_out for look in self.looks), default=held_out):
            self.best = {name: weight.clone() for name, weight in self.model.state_dict().items()}
        self.looks.append(Look(self.done, float(np.mean(self._losses)), held_out, self.seconds))
        self._losses = []
        return self.looks[-1]

    def state_dict(self) -> State:
        return {
            "steps": self.steps,
            "done": self.done,
            "seconds": self.seconds,
            "losses": self._losses,
            "looks": [vars(look) for look in self.looks],
            "model": self.model.state_dict(),
            "best": self.best,
            "optimizer": self.optimizer.state_dict(),
        }

    def load_state_dict(self, state: State) -> None:
        self.done, self.seconds, self._losses = state["done"], state["seconds"], state["losses"]
        self.looks = [Look(**look) for look in state["looks"]]
        self.model.load_state_dict(state["model"])
        self.best = state["best"]
        self.optimizer.load_state_dict(state["optimizer"])


def steps_in(minutes: float, config: GPT2Config, documents: Documents) -> int:
    """How many steps this machine makes in so many minutes, by a few that train nothing that is kept."""
    tried = Training(config, documents, documents[:1], seed=0, steps=TRIED)
    tried.step()  # the first one takes longer
    began = time.monotonic()
    for _ in range(1, TRIED):
        tried.step()
    a_step = (time.monotonic() - began) / (TRIED - 1)
    looks = LOOKS * JUDGED_BY / (3 * BATCH)  # in steps: a look has no gradients, which are two thirds of a step
    return max(LOOKS, round(minutes * 60 / a_step - looks))
