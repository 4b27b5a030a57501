"""Writes tests/fixtures/step_15.npz: logits and texts, and what transformers and PyTorch say of them in float64.

Run it from the repository's root, where PyTorch and transformers are installed:

    python -m tools.evaluation_fixtures
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from course.judging.case import Case, write_cases
from tools.fixtures import FOLDER, Sizes, normal, parameters, random_model

Arrays = dict[str, NDArray]

SEED = 15
IGNORED = -100  # the label that transformers counts for nothing

# A small GPT-2 whose context is shorter than the story; no two sizes are equal.
GPT2 = Sizes(
    batch=3,
    seq_length=6,
    vocab_size=17,
    n_positions=8,
    n_embd=10,
    n_layer=1,
    n_head=2,
    n_inner=13,
    layer_norm_epsilon=0.1,
)
STORY_LENGTH, STORY_STRIDE = 19, 5

# batch, seq_length, vocab_size, scale of the logits; then of the long text: length, vocab_size, window, stride.
CASES = (
    ((3, 6, 17, 1.0), (17, 7, 5, 2)),
    ((4, 7, 5, 1.0), (11, 5, 4, 3)),  # the last window holds one token that is new
    ((1, 2, 2, 300.0), (10, 3, 4, 1)),  # a text of two tokens, and a model that is sure
    ((2, 9, 31, 8.0), (13, 4, 7, 6)),  # the last window ends where a window ends
    ((5, 3, 11, 0.1), (6, 2, 2, 1)),  # windows of two tokens
)


@torch.no_grad()
def main() -> None:
    rng = np.random.default_rng(SEED)
    cases = [evaluation(rng, *sizes) for sizes in CASES]
    cases[0] = Case(gpt2(rng, cases[0]["lengths"]) | {name: cases[0][name] for name in LONG})
    write_cases(FOLDER / "step_15.npz", cases)


LONG = ("lead", "table", "window", "stride", "short", "short_perplexity", "text", "perplexity")


def evaluation(rng: np.random.Generator, batch: tuple[int, int, int, float], long: tuple[int, int, int, int]) -> Case:
    """Logits of some texts, and a model by table that is asked about a short and about a long one."""
    rows, seq_length, vocab_size, scale = batch
    logits = np.float32(scale * normal(rng, rows, seq_length, vocab_size) - 20)
    input_ids = rng.integers(vocab_size, size=(rows, seq_length))
    length, long_vocab_size, window, stride = long
    table = 2 * normal(rng, window, long_vocab_size, long_vocab_size)
    text = rng.integers(long_vocab_size, size=(1, length))

    def model(ids: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(table)[torch.arange(ids.shape[1]), ids].double()

    return Case(
        {
            **surprises(logits, input_ids, lengths_of(rng, rows, seq_length)),
            "lead": np.array(200.0),
            "table": table,
            "window": np.array(window),
            "stride": np.array(stride),
            "short": text[:, :window],
            "short_perplexity": perplexity(model, text[:, :window], window, stride),
            "text": text,
            "perplexity": perplexity(model, text, window, stride),
        }
    )


def gpt2(rng: np.random.Generator, lengths: NDArray) -> Arrays:
    """A GPT-2's own logits, with the losses that it computes itself, and its perplexity on a story."""
    model = random_model(GPT2, rng)
    input_ids = rng.integers(GPT2.vocab_size, size=(GPT2.batch, GPT2.seq_length))
    ids = torch.from_numpy(input_ids)
    padding = torch.arange(GPT2.seq_length) >= torch.from_numpy(lengths)[:, None]
    found = surprises(model(ids).logits.float().numpy(), input_ids, lengths)
    for name, labels in (("cross_entropy", ids), ("cross_entropy_of_text", ids.masked_fill(padding, IGNORED))):
        np.testing.assert_allclose(found[name], model(ids, labels=labels).loss.numpy(), rtol=1e-6)
    story = rng.integers(GPT2.vocab_size, size=(1, STORY_LENGTH))
    return {
        **{name: np.array(size) for name, size in GPT2.fields.items()},
        **parameters(model),
        **found,
        "story": story,
        "story_stride": np.array(STORY_STRIDE),
        "story_perplexity": perplexity(lambda ids: model(ids).logits, story, GPT2.n_positions, STORY_STRIDE),
    }


def lengths_of(rng: np.random.Generator, rows: int, seq_length: int) -> NDArray:
    """Of each row a length; one has no padding, and another no token that is predicted."""
    lengths = rng.integers(2, seq_length + 1, size=rows)
    lengths[0] = seq_length
    lengths[1:2] = 1
    return lengths


def surprises(logits: NDArray, input_ids: NDArray, lengths: NDArray) -> Arrays:
    log_probs = torch.log_softmax(torch.from_numpy(logits).double()[:, :-1], dim=-1)
    targets = torch.from_numpy(input_ids[:, 1:])
    labels = targets.masked_fill(torch.arange(1, input_ids.shape[1]) >= torch.from_numpy(lengths)[:, None], IGNORED)
    return {
        "logits": logits,
        "input_ids": input_ids,
        "lengths": lengths,
        "log_probabilities": log_probs.gather(-1, targets[..., None])[..., 0].numpy(),
        "cross_entropy": torch.nn.functional.nll_loss(log_probs.mT, targets).numpy(),
        "cross_entropy_of_text": torch.nn.functional.nll_loss(log_probs.mT, labels, ignore_index=IGNORED).numpy(),
    }


def perplexity(model: Callable[[torch.Tensor], torch.Tensor], text: NDArray, window: int, stride: int) -> NDArray:
    """As https://huggingface.co/docs/transformers/perplexity computes it: what was counted before gets no label."""
    ids, seq_length = torch.from_numpy(text), text.shape[1]
    total, count, previous_end = 0.0, 0, 0
    for begin in range(0, seq_length, stride):
        end = min(begin + window, seq_length)
        labels = ids[:, begin:end].clone()
        labels[:, : previous_end - begin] = IGNORED
        labels = labels[:, 1:]
        logits = model(ids[:, begin:end])[:, :-1]
        total += torch.nn.functional.cross_entropy(logits.mT, labels, ignore_index=IGNORED, reduction="sum").item()
        count += (labels != IGNORED).sum().item()
        previous_end = end
        if end == seq_length:
            break
    assert count == seq_length - 1
    return np.asarray(np.exp(total / count))


if __name__ == "__main__":
    main()
