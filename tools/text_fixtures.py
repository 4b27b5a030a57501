"""Writes tests/fixtures/greedy.npz and beams.npz: the texts that transformers finds with the storyteller.

Run it from the repository's root, where PyTorch and transformers are installed:

    python -m tools.text_fixtures
"""

from pathlib import Path

import numpy as np
import torch
from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "tests" / "fixtures"
STORYTELLER = ROOT / "models" / "storyteller"

PROMPT, NEW_TOKENS = "Once upon a time", 200
EVERY = 20  # of the logits only some are kept: the last of each 20 tokens
MARGIN = 1e-3  # between the best token and the next, far more than the logits of two right models differ
BEAMS, LIMIT = 4, 30  # beams, and the most tokens that they grow by
LENGTHS = (4, 165, 178)  # of the prompts, which are cut off the greedy story: it ends after 183 tokens


@torch.no_grad()
def main() -> None:
    model = GPT2LMHeadModel.from_pretrained(STORYTELLER).eval()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(STORYTELLER / "tokenizer.json"))
    story = greedy(model, tokenizer(PROMPT, return_tensors="pt").input_ids)
    beams(model, [story[:, :length] for length in LENGTHS])


def greedy(model: GPT2LMHeadModel, ids: torch.Tensor) -> torch.Tensor:
    """Of the prompt and the tokens that follow it the ids, and some of the logits."""
    logits = []
    for _ in range(NEW_TOKENS):  # past the end of the text, too
        logits.append(model(ids).logits[0, -1])
        best, second = logits[-1].topk(2).values
        assert best - second > MARGIN, "a near tie: choose another prompt"
        ids = torch.cat([ids, logits[-1].argmax().reshape(1, 1)], dim=1)
    np.savez(FIXTURES / "greedy.npz", ids=ids[0].numpy(), logits=torch.stack(logits)[EVERY - 1 :: EVERY].numpy())
    return ids


def beams(model: GPT2LMHeadModel, prompts: list[torch.Tensor]) -> None:
    """Of each prompt the ids, the texts that follow, filled up with ends of text, and their scores."""
    arrays = {}
    for number, ids in enumerate(prompts):
        found = model.generate(
            ids,
            num_beams=BEAMS,
            num_return_sequences=BEAMS,
            max_new_tokens=LIMIT,
            early_stopping=True,
            do_sample=False,
            pad_token_id=model.config.eos_token_id,
            output_scores=True,
            return_dict_in_generate=True,
        )
        arrays[f"prompt_{number}"] = ids[0].numpy()
        arrays[f"texts_{number}"] = found.sequences[:, ids.shape[1] :].numpy()
        arrays[f"scores_{number}"] = found.sequences_scores.numpy()
    np.savez(FIXTURES / "beams.npz", **arrays)


if __name__ == "__main__":
    main()
