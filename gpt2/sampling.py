"""From a model's logits to the next token: filters that compose, a draw, log-probabilities.

All are pure functions of one row of logits [vocab_size], in NumPy on the host. ``Sampling`` refuses impossible
settings when it is made, and ``Sampling.check_vocabulary`` once for a model: filters do not check them again.

MAX 26.7 has such operations for the device (`max.nn.kernels.topk_fused_sampling`, `max.nn.sampling`), and its server
uses them. They draw with random numbers of their own. The draws here use the random numbers of step 14, so that the
engine and step 14's loop generate the same text from the same seed. The price on a GPU: it has to send each row to the
host, 0.2 MB for GPT-2's 50,257 tokens, and a core then needs 1 ms to choose a token, or 3 ms with top-p.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gpt2.numbers import is_finite, is_number, is_whole

Logits = NDArray[np.floating[Any]]

LARGEST_SEED = 2**32 - 1  # that np.random.RandomState takes

# For each setting: whether a value is possible, and what to say that was expected.
RANGES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "temperature": (lambda value: is_finite(value) and value >= 0, "a finite number, 0 or more"),
    "top_k": (
        lambda value: value is None or (is_whole(value) and value >= 1),
        "a whole number, 1 or more, or 0 or -1 for all",
    ),
    "top_p": (lambda value: is_number(value) and 0 < value <= 1, "a number above 0, up to 1"),
    "min_p": (lambda value: is_number(value) and 0 <= value <= 1, "a number from 0 to 1"),
    "repetition_penalty": (lambda value: is_finite(value) and value > 0, "a finite number above 0"),
    "presence_penalty": (is_finite, "a finite number"),
    "frequency_penalty": (is_finite, "a finite number"),
    "logit_bias": (
        lambda value: isinstance(value, Mapping) and all(map(is_whole, value)) and all(map(is_finite, value.values())),
        "a finite number for each of some ids",
    ),
    "banned_ids": (
        lambda value: isinstance(value, Iterable) and not isinstance(value, str | bytes) and all(map(is_whole, value)),
        "a list of ids",
    ),
    "seed": (
        lambda value: value is None or (is_whole(value) and 0 <= value <= LARGEST_SEED),
        f"a whole number from 0 to {LARGEST_SEED}",
    ),
}


@dataclass(frozen=True)
class Sampling:
    """How one request chooses its tokens. Names and meanings are those of vLLM and OpenAI's API.

    ``temperature`` 0 is greedy. ``top_k`` 0 and -1 turn that filter off, as None does. ``seed`` fixes the request's own
    random numbers, so that it gets the same text alone and among others; without one they differ each time.

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
        if is_whole(self.top_k) and self.top_k in (0, -1):
            object.__setattr__(self, "top_k", None)
        for name, (possible, expected) in RANGES.items():
            if not possible(value := getattr(self, name)):
                raise ValueError(f"{name} {value!r}: expected {expected}")

    def check_vocabulary(self, vocab_size: int) -> None:
        """Check what depends on a model's vocabulary.

        Raises:
            ValueError: an id is not in the vocabulary, or all are banned.
        """
        for id in (*self.logit_bias, *self.banned_ids):
            if not 0 <= id < vocab_size:
                raise ValueError(f"id {id}: expected 0 to {vocab_size - 1}")
        if len(set(self.banned_ids)) == vocab_size:
            raise ValueError(f"no token is left: all {vocab_size} are banned")


def choose(
    logits: Logits, sampling: Sampling, prompt: Sequence[int], generated: Sequence[int], rng: np.random.RandomState
) -> int:
    """The next token: the likeliest one at temperature 0, else one drawn from those that the filters leave.

    Raises:
        ValueError: a logit is not a number, or all tokens that are not banned have logits of minus infinity.
    """
    logits = reweigh(logits, sampling, prompt, generated)
    if sampling.temperature == 0:
        return int(np.argmax(logits))
    return draw(narrow(logits, sampling), rng)


def reweigh(logits: Logits, sampling: Sampling, prompt: Sequence[int], generated: Sequence[int]) -> Logits:
    """Apply the bias, the ban and the penalties, in the order of Hugging Face's ``generate``.

    The repetition penalty looks at the prompt and at what was generated, presence and frequency at the latter alone.
    """
    if not logits.max() < np.inf:  # the maximum is NaN where any logit is
        bad = np.flatnonzero(np.isnan(logits) | np.isposinf(logits))[0]
        raise ValueError(f"the logit of token {bad} is {logits[bad]}")
    logits = add_bias(logits.astype(np.float64), sampling.logit_bias)
    logits = ban(logits, sampling.banned_ids)
    logits = penalize_repetition(logits, [*prompt, *generated], sampling.repetition_penalty)
    logits = penalize_presence(logits, generated, sampling.presence_penalty)
    logits = penalize_frequency(logits, generated, sampling.frequency_penalty)
    if logits.max() == -np.inf:
        raise ValueError(f"no token is left of {len(logits)}: their logits are all minus infinity")
    return logits


def narrow(logits: Logits, sampling: Sampling) -> Logits:
    """Apply the temperature, then top-k, top-p and min-p, in the order of Hugging Face's ``generate``."""
    logits = scale(logits, sampling.temperature)
    logits = keep_top_k(logits, sampling.top_k)
    logits = keep_top_p(logits, sampling.top_p)
    return keep_min_p(logits, sampling.min_p)


def scale(logits: Logits, temperature: float) -> Logits:
    """Divide the differences between logits by the temperature. At 0, the limit, only the largest logit is kept.

    The largest logit is moved to 0 first. The softmax of shifted logits is the same, and no tiny temperature overflows.
    """
    if temperature == 0:
        return _keep(logits, logits.max())
    with np.errstate(over="ignore"):  # an overflow gives -inf, which is right: a probability of 0
        scaled: Logits = (logits - logits.max()) / temperature
    return scaled


def keep_top_k(logits: Logits, k: int | None) -> Logits:
    """Keep only the ``k`` likeliest tokens (Fan et al., 2018), and those that tie with the last of them."""
    if k is None or k >= len(logits):
        return logits
    return _keep(logits, np.partition(logits, -k)[-k])


def keep_top_p(logits: Logits, p: float) -> Logits:
    """Keep the likeliest tokens, as few as together have probability ``p`` (nucleus sampling, Holtzman et al., 2019).

    Tokens that tie with the last of them are kept, too.
    """
    if p == 1:
        return logits
    # Only the likely tokens need sorting. All tokens less likely than (1 - p) / vocab_size have less than 1 - p
    # together, so the others reach p without them. Half of that bound is used, so that rounding does not matter.
    probabilities = np.exp(log_softmax(logits))
    likely = probabilities >= (1 - p) / (2 * len(logits))
    falling = np.sort(probabilities[likely])[::-1]
    least = falling[np.searchsorted(np.cumsum(falling)[:-1], p)]
    return np.where(probabilities >= least, logits, -np.inf)


def keep_min_p(logits: Logits, p: float) -> Logits:
    """Keep only tokens at least ``p`` times as likely as the likeliest one (Nguyen et al., 2024)."""
    return _keep(logits, logits.max() + math.log(p)) if p else logits


def _keep(logits: Logits, least: float) -> Logits:
    return np.where(logits >= least, logits, -np.inf)


def penalize_repetition(logits: Logits, ids: Sequence[int], penalty: float) -> Logits:
    """Divide the logits of the tokens that have occurred, or multiply those below 0 (Keskar et al., 2019)."""
    if penalty == 1:
        return logits
    occurred = _counts(logits, ids) > 0
    return np.where(occurred, np.where(logits < 0, logits * penalty, logits / penalty), logits)


def penalize_presence(logits: Logits, ids: Sequence[int], penalty: float) -> Logits:
    """Subtract ``penalty`` from the logits of the tokens that have occurred."""
    return logits - penalty * (_counts(logits, ids) > 0) if penalty else logits


def penalize_frequency(logits: Logits, ids: Sequence[int], penalty: float) -> Logits:
    """Subtract ``penalty`` from the logits for each time that the token has occurred."""
    return logits - penalty * _counts(logits, ids) if penalty else logits


def add_bias(logits: Logits, bias: Mapping[int, float]) -> Logits:
    """Add a number to the logits of some ids."""
    if not bias:
        return logits
    logits = logits.copy()
    logits[list(bias)] += list(bias.values())
    return logits


def ban(logits: Logits, ids: Sequence[int]) -> Logits:
    """Make the probability of these ids 0."""
    if not len(ids):
        return logits
    logits = logits.copy()
    logits[list(ids)] = -np.inf
    return logits


def _counts(logits: Logits, ids: Sequence[int]) -> NDArray[np.int64]:
    """How often each token of the vocabulary is among ``ids``."""
    return np.bincount(np.array(ids, np.int64), minlength=len(logits))


def draw(logits: Logits, rng: np.random.RandomState) -> int:
    """Draw a token from the softmax of the logits, with one number from ``rng``, as ``np.random.choice`` does.

    Its class is ``RandomState`` because that gives the same numbers in all versions of NumPy, and the ones that
    ``np.random.choice`` draws with in step 14: from the same seed both generate the same text.
    """
    reached = np.cumsum(np.exp(logits - logits.max()))
    # With side="right" a token of probability 0, whose sum equals that of the token before it, is never drawn.
    return int(np.searchsorted(reached, rng.random_sample() * reached[-1], side="right"))


def log_softmax(logits: Logits) -> Logits:
    """The natural logarithms of the softmax."""
    shifted = logits - logits.max()
    logprobs: Logits = shifted - np.log(np.exp(shifted).sum())
    return logprobs


def top_logprobs(logits: Logits, n: int) -> list[tuple[int, float]]:
    """The ``n`` likeliest tokens and their log-probabilities, from the likeliest on."""
    if not 0 <= n <= len(logits):
        raise ValueError(f"top_logprobs {n}: expected 0 to {len(logits)}")
    if n == 0:
        return []
    logprobs = log_softmax(logits)
    best = np.flatnonzero(logprobs >= np.partition(logprobs, -n)[-n])  # sorting all of them would take far longer
    best = best[np.argsort(-logprobs[best], kind="stable")][:n]
    return [(int(id), float(logprobs[id])) for id in best]
