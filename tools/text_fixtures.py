"""Writes tests/fixtures/greedy.npz: what transformers makes of a prompt with the storyteller, greedily.

Run it from the repository's root, where PyTorch and transformers are installed:

    python -m tools.greedy_fixture
"""

from pathlib import Path

import numpy as np
import torch
from transformers import GPT2LMHeadModel, PreTrainedTokenizerFast

ROOT = Path(__file__).parents[1]
FILE = ROOT / "tests" / "fixtures" / "greedy.npz"
STORYTELLER = ROOT / "models" / "storyteller"

PROMPT, NEW_TOKENS = "Once upon a time", 200
EVERY = 20  # of the logits only some are kept: the last of each 20 tokens
MARGIN = 1e-3  # between the best token and the next, far more than the logits of two right models differ


@torch.no_grad()
def main() -> None:
    model = GPT2LMHeadModel.from_pretrained(STORYTELLER).eval()
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(STORYTELLER / "tokenizer.json"))
    ids = tokenizer(PROMPT, return_tensors="pt").input_ids
    logits = []
    for _ in range(NEW_TOKENS):  # past the end of the text, too
        logits.append(model(ids).logits[0, -1])
        best, second = logits[-1].topk(2).values
        assert best - second > MARGIN, "a near tie: choose another prompt"
        ids = torch.cat([ids, logits[-1].argmax().reshape(1, 1)], dim=1)
    np.savez(FILE, ids=ids[0].numpy(), logits=torch.stack(logits)[EVERY - 1 :: EVERY].numpy())


if __name__ == "__main__":
    main()
