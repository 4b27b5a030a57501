"""The small checkpoint in the solutions' own modules, and what goes on inside it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from unittest import mock

import numpy as np

from course import runtime
from course.curriculum.steps import ROOT

device = runtime.start("cpu")  # the same numbers on every machine, before anything else imports MAX

from max.experimental import functional as F  # noqa: E402
from max.experimental.tensor import Tensor  # noqa: E402

from course.runtime.gather import gathered  # noqa: E402
from gpt2.checkpoint import open_checkpoint, weights_of  # noqa: E402
from gpt2.tokenizer import load_tokenizer  # noqa: E402
from solutions import solution_09  # noqa: E402
from solutions.solution_13 import GPT2LMHeadModel  # noqa: E402

SENTENCE = "A squirrel named Luna lived by the sea. Every morning, she"  # each word is one token

checkpoint = open_checkpoint(str(ROOT / "models" / "storyteller"))
config = checkpoint.config
tokenizer = load_tokenizer(checkpoint.folder, config.vocab_size)


@cache
def load() -> GPT2LMHeadModel:
    """Step 13's model with the checkpoint's weights."""
    with F.lazy():  # the random numbers that the weights replace are never drawn
        model = GPT2LMHeadModel(config)
    model.load_state_dict({name: Tensor(array, device=device) for name, array in weights_of(checkpoint).items()})
    return model


def encode(text: str) -> np.ndarray:
    """[1, seq_length] ids."""
    return np.array([tokenizer.encode(text).ids])


def words(ids: np.ndarray) -> list[str]:
    """The text of each id, as it is: most begin with a space."""
    return [tokenizer.decode([int(i)]) for i in np.ravel(ids)]


def run(function: Callable[..., Tensor], *inputs: np.ndarray) -> np.ndarray:
    """What MAX makes of these arrays."""
    with gathered():
        return np.array(np.from_dlpack(function(*(Tensor(each, device=device) for each in inputs))))


def logits(ids: np.ndarray) -> np.ndarray:
    """[seq_length, vocab_size]: the scores of what could follow each token."""
    return run(load(), ids)[0]


@dataclass
class Attention:
    """What step 08 works with in one layer, each array [n_head, seq_length, ...]."""

    query: np.ndarray
    key: np.ndarray
    value: np.ndarray
    masked: np.ndarray  # the scores with the mask added
    weights: np.ndarray
    result: np.ndarray

    @property
    def scores(self) -> np.ndarray:
        """[n_head, seq_length, seq_length]: before the mask is added."""
        return self.query @ self.key.swapaxes(-1, -2) * self.query.shape[-1] ** -0.5


def attention(ids: np.ndarray) -> list[Attention]:
    """Step 08 at work in every layer of the model."""
    layers = []
    with _calls(solution_09, "compute_attention") as attentions, _calls(F, "softmax") as softmaxes:
        logits(ids)
        for (inputs, result), ((masked,), weights) in zip(attentions, softmaxes, strict=True):
            tensors = (*inputs, masked, weights, result)
            layers.append(Attention(*(np.array(np.from_dlpack(tensor))[0] for tensor in tensors)))
    return layers


@contextmanager
def _calls(module: ModuleType, name: str) -> Iterator[list[tuple[tuple, Tensor]]]:
    """Note the arguments and the result of each call of a function."""
    calls = []
    function = getattr(module, name)

    def noting(*arguments: Tensor) -> Tensor:
        result = function(*arguments)
        calls.append((arguments, result))
        return result

    with mock.patch.object(module, name, noting):
        yield calls


@dataclass
class Sublayer:
    """One addition to the residual stream, both arrays [seq_length, n_embd]."""

    name: str
    added: np.ndarray
    stream: np.ndarray  # after the addition


def residual_stream(ids: np.ndarray) -> list[Sublayer]:
    """What the embeddings and every sublayer add, from the first block to the last."""
    transformer = load().transformer
    tokens = Tensor(ids, device=device)
    x = transformer.wte(tokens) + transformer.wpe(tokens)
    steps = [("wte + wpe", x, x)]
    for index, block in enumerate(transformer.h):
        for name, norm, sublayer in (("attn", block.ln_1, block.attn), ("mlp", block.ln_2, block.mlp)):
            added = sublayer(norm(x))
            x = x + added
            steps.append((f"h.{index}.{name}", added, x))
    return [Sublayer(name, *(np.array(np.from_dlpack(each))[0] for each in pair)) for name, *pair in steps]
