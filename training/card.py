"""The model card: README.md beside the weights."""

import math
from typing import Any

from solutions.solution_01 import GPT2Config
from training.loop import Look
from training.record import Plan


def card(
    plan: Plan, config: GPT2Config, parameters: int, looks: list[Look], figures: dict[str, Any], sample: str
) -> str:
    """Markdown, with the header that the Hugging Face hub reads."""
    best = min(looks, key=lambda look: look.held_out)
    known_by_heart = (
        f"After step {best.step} the loss on what was held out rose again, so these are the weights of that step.\n"
        if best is not looks[-1]
        else ""
    )
    quoted = "\n".join(f"    {line}" for line in sample.splitlines())
    return f"""\
---
library_name: transformers
pipeline_tag: text-generation
---

# A GPT-2 trained on {plan.text}

{parameters:,} parameters: {config.n_layer} layers, {config.n_head} heads, width {config.n_embd}, {config.n_positions} \
positions, and a
byte-level BPE vocabulary of {config.vocab_size:,} tokens that was learned from the same text.

## Data

`{plan.text}`, {plan.bytes:,} bytes (SHA-256 {plan.sha256}). Its end, {figures["held_out_bytes"]:,} bytes, was held out.

## Training

    {plan.command}

{looks[-1].step:,} steps, {figures["tokens"]:,} tokens, {looks[-1].seconds / 60:.1f} minutes. The same text, seed and \
`--steps {looks[-1].step}` give the same weights
on the same machine with the same version of PyTorch ({figures["torch"]}).
{known_by_heart}
![Both losses over the steps](loss.svg)

| | training | held out |
|---|---|---|
| loss, in nats per token | {best.training:.3f} | {figures["loss"]:.3f} |
| perplexity per token | {math.exp(best.training):.2f} | {figures["perplexity"]:.2f} |
| bits per byte | | {figures["bits_per_byte"]:.3f} |

## Sample

It goes on from the first words that it has never read:

{quoted}
"""
