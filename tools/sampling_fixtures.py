"""Writes tests/fixtures/sampling.npz: logits, and what the logits processors of transformers make of them.

Run it from the repository's root, where PyTorch and transformers are installed:

    python -m tools.sampling_fixtures
"""

from pathlib import Path

import numpy as np
import torch
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel, LogitsProcessorList
from transformers.generation import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    SequenceBiasLogitsProcessor,
    SuppressTokensLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

FILE = Path(__file__).parents[1] / "tests" / "fixtures" / "sampling.npz"
ROWS, VOCAB_SIZE, SEED = 5, 29, 3

# The settings that selftests/gpt2/test_sampling.py repeats.
BIAS = {4: 2.5, 17: -1.5}
BANNED = [0, 8, 21]
PROCESSORS = {
    "temperature": TemperatureLogitsWarper(0.7),
    "top_k": TopKLogitsWarper(7),
    "top_p": TopPLogitsWarper(0.6),
    "min_p": MinPLogitsWarper(0.1),
    "repetition_penalty": RepetitionPenaltyLogitsProcessor(1.3),
    "logit_bias": SequenceBiasLogitsProcessor({(id,): bias for id, bias in BIAS.items()}),
    "banned_ids": SuppressTokensLogitsProcessor(BANNED, device="cpu"),
}


def main() -> None:
    rng = np.random.default_rng(SEED)
    logits = torch.from_numpy(3 * rng.standard_normal((ROWS, VOCAB_SIZE)))
    ids = torch.from_numpy(rng.integers(VOCAB_SIZE, size=(ROWS, 6)))
    made = {name: processor(ids, logits.clone()) for name, processor in PROCESSORS.items()}
    made["all"] = composed()(ids, logits.clone())
    np.savez(FILE, logits=logits, ids=ids, **{name: scores.numpy() for name, scores in made.items()})


def composed() -> LogitsProcessorList:
    """All of them in the order in which ``generate`` puts them, which shows in what top-k and top-p leave."""
    settings = GenerationConfig(
        do_sample=True,
        temperature=0.7,
        top_k=5,
        top_p=0.7,
        min_p=0.05,
        repetition_penalty=1.3,
        sequence_bias={(id,): bias for id, bias in BIAS.items()},
        suppress_tokens=BANNED,
    )
    model = GPT2LMHeadModel(GPT2Config(vocab_size=VOCAB_SIZE, n_positions=8, n_embd=4, n_layer=1, n_head=1))
    return model._get_logits_processor(settings, input_ids_seq_length=6, device="cpu")


if __name__ == "__main__":
    main()
