"""Writes tests/fixtures/sampling.npz and step_17.npz: logits, and what transformers' logits processors make of them.

Run it from the repository's root, where PyTorch and transformers are installed:

    python -m tools.sampling_fixtures
"""

import numpy as np
import torch
from transformers import GenerationConfig, GPT2Config, GPT2LMHeadModel, LogitsProcessorList
from transformers.generation import (
    LogitsProcessor,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    SequenceBiasLogitsProcessor,
    SuppressTokensLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from course.curriculum.steps import ROOT
from course.grading.trial.filters import draw_filters
from course.judging.case import Case, write_cases

FOLDER = ROOT / "tests" / "fixtures"
ROWS, VOCAB_SIZE, SEED = 5, 29, 3
LARGE = 1000  # logits, that a trial has in a case and tests/fixtures/ has not

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
    np.savez(FOLDER / "sampling.npz", logits=logits, ids=ids, **{name: scores.numpy() for name, scores in made.items()})
    drawn = draw_filters(np.random.default_rng(SEED))
    write_cases(FOLDER / "step_17.npz", [filtered(case) for case in drawn if case["logits"].size < LARGE])


def filtered(case: Case) -> Case:
    """What is drawn for step 17, with what transformers makes of it in float64."""
    penalize = RepetitionPenaltyLogitsProcessor(case["penalty"].item())
    processors: dict[str, list[LogitsProcessor]] = {
        "keep_top_k": [TopKLogitsWarper(case["k"].item())],
        "keep_top_p": [TopPLogitsWarper(case["top_p"].item())],
        "keep_min_p": [MinPLogitsWarper(case["min_p"].item())],
        "penalize_repetition": [penalize],
        "all": [
            penalize,
            TopKLogitsWarper(case["all_k"].item()),
            TopPLogitsWarper(case["all_top_p"].item()),
            MinPLogitsWarper(case["all_min_p"].item()),
        ],
    }
    logits, ids = torch.from_numpy(case["logits"]).double(), torch.from_numpy(case["input_ids"])
    made = {name: LogitsProcessorList(each)(ids, logits.clone()).numpy() for name, each in processors.items()}
    return Case(case | made)


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
