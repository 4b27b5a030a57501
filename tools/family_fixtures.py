"""Writes tests/fixtures/family.npz: logits and greedy texts of small relatives of GPT-2, as transformers computes them.

    python -m tools.family_fixtures

selftests/gpt2/families.py has the table. It needs PyTorch.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from transformers import GPT2LMHeadModel

from course.curriculum.steps import ROOT
from selftests.gpt2.families import NEW_TOKENS, PROMPT, ROWS, write


def main() -> None:
    arrays = {}
    for name in ROWS:
        with tempfile.TemporaryDirectory() as folder:
            write(name, Path(folder))
            model = GPT2LMHeadModel.from_pretrained(folder, dtype=torch.float32).eval()
        ids = torch.tensor([PROMPT])
        with torch.no_grad():
            arrays[f"{name}/logits"] = model(ids).logits[0, -1].numpy()
            text = model.generate(
                ids, attention_mask=torch.ones_like(ids), max_new_tokens=NEW_TOKENS, do_sample=False, pad_token_id=0
            )
        arrays[f"{name}/text"] = text[0, len(PROMPT) :].numpy()
    np.savez_compressed(ROOT / "tests" / "fixtures" / "family.npz", **arrays)


if __name__ == "__main__":
    main()
