"""Step 17 in a trial: logits, texts and settings, none of them so near to an edge that rounding decides."""

import numpy as np
from numpy.typing import NDArray

from course.grading.trial import oracle
from course.judging.case import Case

EDGE = 1e-3  # how near a setting may come to where a token is kept no more, in proportion


def draw_filters(rng: np.random.Generator) -> list[Case]:
    """Few tokens and GPT-2's vocabulary, flat and sharp logits, all below zero and around it."""
    others = [
        _filtered(rng, rng.integers(2, 4).item(), 50257, 6.0, -100.0),
        _filtered(rng, 1, rng.integers(257, 400).item(), 1.0, 0.0),
        _filtered(rng, rng.integers(5, 12).item(), rng.integers(3, 6).item(), 0.5, 0.0),
    ]
    for _ in range(rng.integers(2, 5)):
        batch, vocab_size = rng.integers(1, 6).item(), rng.integers(6, 60).item()
        others.append(_filtered(rng, batch, vocab_size, rng.uniform(0.5, 5), rng.uniform(-3, 3)))
    return [others[place] for place in rng.permutation(len(others))]


def _filtered(rng: np.random.Generator, batch: int, vocab_size: int, scale: float, middle: float) -> Case:
    """Logits of this shape, a text for each row, and settings; and what must come of each filter, and of all."""
    logits = (scale * rng.standard_normal((batch, vocab_size)) + middle).astype(np.float32)
    ids = rng.integers(vocab_size, size=(batch, rng.integers(1, 30)))
    penalty = (1.2 if rng.random() < 0.8 else 0.4) * rng.uniform(1, 2)
    all_k = rng.integers(1 + vocab_size // 2, vocab_size).item()
    narrowed = oracle.keep_top_k(oracle.penalize_repetition(logits, ids, penalty), all_k)
    all_top_p = _away(rng, 0.5, 0.95, oracle.sums(narrowed))
    settings = {
        "k": rng.integers(1, min(vocab_size, 200)).item(),
        "top_p": _away(rng, 0.2, 0.95, oracle.sums(logits)),
        "min_p": _away(rng, 0.02, 0.6, oracle.ratios(logits)),
        "penalty": penalty,
        "all_k": all_k,
        "all_top_p": all_top_p,
        "all_min_p": _away(rng, 0.02, 0.6, oracle.ratios(oracle.keep_top_p(narrowed, all_top_p))),
    }
    case = Case({"logits": logits, "input_ids": ids, **{name: np.array(each) for name, each in settings.items()}})
    return Case(case | oracle.outputs(17, case))


def _away(rng: np.random.Generator, low: float, high: float, edges: NDArray) -> float:
    """A number between these that is none of the edges, nor near to one."""
    while (np.abs(edges - (drawn := rng.uniform(low, high))) < EDGE * drawn).any():
        pass
    return drawn
