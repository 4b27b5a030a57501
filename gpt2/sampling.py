"""From a model's logits to the next token: filters that compose, a draw, log-probabilities.

All are pure functions of one row of logits [vocab_size], in NumPy on the host. MAX 26.7 has such
operations for the device (`max.nn.kernels.topk_fused_sampling`, `max.nn.sampling`), and its server
uses them. Not so here: their draws have random numbers of their own, and these have step 14's, so
that with the same seed both tell the same story. On a CPU the host is the device. A GPU has to send
the row, 0.2 MB for GPT-2's 50,257 tokens, of which a core makes a token in 1 ms, or 3 with top-p.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

LARGEST_SEED = 2**32 - 1  # NumPy's

# What a setting must satisfy, and in words.
RANGES: dict[str, tuple[Callable[[float], bool], str]] = {
    "temperature": (lambda value: 0 <= value < math.inf, "a finite number, 0 or more"),
    "top_k": (lambda value: value is None or value >= 1, "1 or more"),
    "top_p": (lambda value: 0 < value <= 1, "a number above 0, up to 1"),
    "min_p": (lambda value: 0 <= value <= 1, "a number from 0 to 1"),
    "repetition_penalty": (lambda value: 0 < value < math.inf, "a finite number above 0"),
    "presence_penalty": (math.isfinite, "a finite number"),
    "frequency_penalty": (math.isfinite, "a finite number"),
    "seed": (lambda value: value is None or 0 <= value <= LARGEST_SEED, f"a whole number from 0 to {LARGEST_SEED}"),
}


def _check(name: str, value: float | None) -> None:
    allowed, expected = RANGES[name]
    if not allowed(value):
        raise ValueError(f"{name} {value}: expected {expected}")


@dataclass(frozen=True)
class Sampling:
    """How one request chooses its tokens. Names and meanings are those of vLLM and OpenAI's API.

    ``temperature`` 0 is greedy. ``seed`` fixes the request's own random numbers, so that it gets
    the same text alone and among others; without one they differ each time.

    Raises:
        ValueError: a setting is impossible; the message names it and its value.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    banned_ids: Sequence[int] = ()
    seed: int | None = None

    def __post_init__(self) -> None:
        for name in RANGES:
            _check(name, getattr(self, name))


def choose(
    logits: NDArray, sampling: Sampling, prompt: Sequence[int], generated: Sequence[int], rng: np.random.RandomState
) -> int:
    """The next token: the likeliest one at temperature 0, else one drawn from what the filters leave.

    Raises:
        ValueError: a logit is not a number, an id is not in the vocabulary, or no token is left.
    """
    logits = reweigh(logits, sampling, prompt, generated)
    if sampling.temperature == 0:
        return int(np.argmax(logits))
    return draw(narrow(logits, sampling), rng)


def reweigh(logits: NDArray, sampling: Sampling, prompt: Sequence[int], generated: Sequence[int]) -> NDArray:
    """Apply the bias, the ban and the penalties, in the order of Hugging Face's ``generate``.

    Repetition counts in the prompt and in what was generated, presence and frequency in the latter alone.
    """
    if not logits.max() < np.inf:  # which a single NaN makes NaN
        bad = np.flatnonzero(np.isnan(logits) | np.isposinf(logits))[0]
        raise ValueError(f"the logit of token {bad} is {logits[bad]}")
    logits = add_bias(logits.astype(np.float64), sampling.logit_bias)
    logits = ban(logits, sampling.banned_ids)
    logits = penalize_repetition(logits, [*prompt, *generated], sampling.repetition_penalty)
    logits = penalize_presence(logits, generated, sampling.presence_penalty)
    logits = penalize_frequency(logits, generated, sampling.frequency_penalty)
    if logits.max() == -np.inf:
        raise ValueError(f"no token is left: all {len(logits)} are banned")
    return logits


def narrow(logits: NDArray, sampling: Sampling) -> NDArray:
    """Apply the temperature, then top-k, top-p and min-p, in the order of Hugging Face's ``generate``."""
    logits = scale(logits, sampling.temperature)
    logits = keep_top_k(logits, sampling.top_k)
    logits = keep_top_p(logits, sampling.top_p)
    return keep_min_p(logits, sampling.min_p)


def scale(logits: NDArray, temperature: float) -> NDArray:
    """Divide the distances between logits by the temperature; 0, the limit, leaves the largest alone.

    The largest becomes 0, which the softmax does not see, so that a tiny temperature cannot overflow.
    """
    _check("temperature", temperature)
    if temperature == 0:
        return _keep(logits, logits.max())
    with np.errstate(over="ignore"):  # -inf is right
        return (logits - logits.max()) / temperature


def keep_top_k(logits: NDArray, k: int | None) -> NDArray:
    """Only the ``k`` likeliest tokens (Fan et al., 2018), and those that tie with the last of them."""
    _check("top_k", k)
    if k is None or k >= len(logits):
        return logits
    return _keep(logits, np.partition(logits, -k)[-k])


def keep_top_p(logits: NDArray, p: float) -> NDArray:
    """The fewest likeliest tokens whose probabilities reach ``p`` (nucleus sampling, Holtzman et al., 2019).

    Those that tie with the last of them stay, too.
    """
    _check("top_p", p)
    if p == 1:
        return logits
    # All tokens of less than (1 - p) / vocab_size have less than 1 - p together: the rest reaches
    # p without them, and is much shorter to sort. Half of that, so that no rounding matters.
    probabilities = np.exp(log_softmax(logits))
    likely = probabilities >= (1 - p) / (2 * len(logits))
    falling = np.sort(probabilities[likely])[::-1]
    least = falling[np.searchsorted(np.cumsum(falling)[:-1], p)]
    return np.where(probabilities >= least, logits, -np.inf)


def keep_min_p(logits: NDArray, p: float) -> NDArray:
    """Only tokens at least ``p`` times as likely as the likeliest one (Nguyen et al., 2024)."""
    _check("min_p", p)
    return _keep(logits, logits.max() + math.log(p)) if p else logits


def _keep(logits: NDArray, least: float) -> NDArray:
    return np.where(logits >= least, logits, -np.inf)


def penalize_repetition(logits: NDArray, ids: Sequence[int], penalty: float) -> NDArray:
    """Divide the logits of the tokens that have occurred, or multiply those below 0 (Keskar et al., 2019)."""
    _check("repetition_penalty", penalty)
    if penalty == 1:
        return logits
    occurred = _counts(logits, ids) > 0
    return np.where(occurred, np.where(logits < 0, logits * penalty, logits / penalty), logits)


def penalize_presence(logits: NDArray, ids: Sequence[int], penalty: float) -> NDArray:
    """Subtract ``penalty`` from the logits of the tokens that have occurred."""
    _check("presence_penalty", penalty)
    return logits - penalty * (_counts(logits, ids) > 0) if penalty else logits


def penalize_frequency(logits: NDArray, ids: Sequence[int], penalty: float) -> NDArray:
    """Subtract ``penalty`` from the logits for each time that the token has occurred."""
    _check("frequency_penalty", penalty)
    return logits - penalty * _counts(logits, ids) if penalty else logits


def add_bias(logits: NDArray, bias: Mapping[int, float]) -> NDArray:
    """Add a number to the logits of some ids."""
    for value in bias.values():
        if not math.isfinite(value):
            raise ValueError(f"logit_bias {value}: expected finite numbers")
    if not bias:
        return logits
    logits = logits.copy()
    logits[_indices(logits, list(bias))] += list(bias.values())
    return logits


def ban(logits: NDArray, ids: Sequence[int]) -> NDArray:
    """Give these ids no chance at all."""
    if not len(ids):
        return logits
    logits = logits.copy()
    logits[_indices(logits, ids)] = -np.inf
    return logits


def _counts(logits: NDArray, ids: Sequence[int]) -> NDArray:
    """How often each token of the vocabulary is among ``ids``."""
    return np.bincount(_indices(logits, ids), minlength=len(logits))


def _indices(logits: NDArray, ids: Sequence[int]) -> NDArray:
    indices = np.array(ids, np.int64)
    if len(outside := indices[(indices < 0) | (indices >= len(logits))]):
        raise ValueError(f"id {outside[0]}: expected 0 to {len(logits) - 1}")
    return indices


def draw(logits: NDArray, rng: np.random.RandomState) -> int:
    """Draw a token from the softmax of the logits, with one number from ``rng``, as ``np.random.choice`` does.

    RandomState, because its numbers are the same in all versions of NumPy, and those that
    ``np.random.choice`` draws in step 14: with the same seed both tell the same story.
    """
    reached = np.cumsum(np.exp(logits - logits.max()))
    # Side right, because a token that adds nothing must not be drawn.
    return int(np.searchsorted(reached, rng.random_sample() * reached[-1], side="right"))


def log_softmax(logits: NDArray) -> NDArray:
    """The natural logarithms of the softmax."""
    shifted = logits - logits.max()
    return shifted - np.log(np.exp(shifted).sum())


def top_logprobs(logits: NDArray, n: int) -> list[tuple[int, float]]:
    """The ``n`` likeliest tokens and their log-probabilities, from the likeliest on."""
    if not 0 <= n <= len(logits):
        raise ValueError(f"top_logprobs {n}: expected 0 to {len(logits)}")
    if n == 0:
        return []
    logprobs = log_softmax(logits)
    best = np.flatnonzero(logprobs >= np.partition(logprobs, -n)[-n])  # to sort them all would take far longer
    best = best[np.argsort(-logprobs[best], kind="stable")][:n]
    return [(int(id), float(logprobs[id])) for id in best]
