"""Measure the checkpoint in `models/storyteller/` and write its model card.

    python -m models.storyteller.training.card

Needs `torch` and `transformers`, which the course itself does not.
"""

import json
import math
import random
import re

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from transformers import GPT2LMHeadModel

from models.storyteller.training.cast import Teller
from models.storyteller.training.plots import PLOTS
from models.storyteller.training.stories import HELD_OUT_SEED, TRAINING_SEED, held_out_stories, tell, training_stories
from models.storyteller.training.train import FOLDER, LABEL_SMOOTHING, SEED
from training.sizes import BATCH
from training.tokenizer import END_OF_TEXT, encode_documents

HELD_OUT_COUNT = 1000
SAMPLE_COUNT = 200
PROMPTS = ("Once upon a time", "A little fox named Pip", "One morning, Mia")


def encode(tokenizer: Tokenizer, texts: list[str]) -> list[np.ndarray]:
    """Encode each text as a document: its tokens between two `<|endoftext|>`."""
    return encode_documents(tokenizer, [text + END_OF_TEXT for text in texts])


@torch.no_grad()
def model_perplexity(model: GPT2LMHeadModel, documents: list[np.ndarray]) -> float:
    """exp of the mean loss over all tokens after each document's first."""
    nats = 0.0
    for document in documents:
        ids = torch.from_numpy(document)[None]  # [1, tokens + 2]
        nats += F.cross_entropy(model(input_ids=ids[:, :-1]).logits[0], ids[0, 1:], reduction="sum").item()
    return math.exp(nats / sum(len(document) - 1 for document in documents))


def count_perplexities(training: list[np.ndarray], held_out: list[np.ndarray], vocab_size: int) -> tuple[float, float]:
    """Unigram and bigram perplexity of the same tokens, from training counts with one added to each."""

    def bigrams(documents: list[np.ndarray]) -> np.ndarray:
        pairs = np.concatenate([document[:-1] * vocab_size + document[1:] for document in documents])
        return np.bincount(pairs, minlength=vocab_size**2).reshape(vocab_size, vocab_size)  # [previous, next]

    pairs, seen = bigrams(held_out), bigrams(training)
    unigram = seen.sum(axis=0) + 1.0
    bigram = seen + 1.0
    nats_unigram = -(pairs.sum(axis=0) * np.log(unigram / unigram.sum())).sum()
    nats_bigram = -(pairs * np.log(bigram / bigram.sum(axis=1, keepdims=True))).sum()
    return math.exp(nats_unigram / pairs.sum()), math.exp(nats_bigram / pairs.sum())


def grammar_perplexity(tokenizer: Tokenizer) -> float:
    """exp of the grammar's entropy per token, by the probability of each choice it makes.

    Two derivations with one text would make the true figure a little lower.
    """
    rng = random.Random(HELD_OUT_SEED)
    nats, tokens = 0.0, 0
    for _ in range(HELD_OUT_COUNT):
        teller = Teller(rng)
        tokens += len(tokenizer.encode(tell(teller)).ids) + 1
        nats += teller.nats
    return math.exp(nats / tokens)


def continue_prompt(
    model: GPT2LMHeadModel, tokenizer: Tokenizer, prompt: str, temperature: float | None, count: int
) -> list[tuple[str, bool]]:
    """Continue `prompt` `count` times, greedily where `temperature` is None: texts, and whether each came to an end."""
    end_of_text = model.config.eos_token_id
    ids = torch.tensor([tokenizer.encode(prompt).ids] * count)  # [count, prompt]
    how = {"do_sample": False} if temperature is None else {"do_sample": True, "temperature": temperature, "top_k": 0}
    output = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_length=model.config.n_positions,
        pad_token_id=end_of_text,
        **how,
    )
    results = []
    for row in output[:, ids.shape[1] :].tolist():
        ended = end_of_text in row
        story = row[: row.index(end_of_text)] if ended else row
        results.append((prompt + tokenizer.decode(story), ended))
    return results


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\s.,!?\"]+", text))


def share(flags: list[bool]) -> str:
    return f"{sum(flags) / len(flags):.1%}"


def sample_table(model: GPT2LMHeadModel, tokenizer: Tokenizer, vocabulary: set[str]) -> str:
    """How many of `SAMPLE_COUNT` stories hold together at each temperature, as rows of a Markdown table."""
    rows = []
    for temperature in (0.8, 1.0, 1.5):
        results = continue_prompt(model, tokenizer, PROMPTS[0], temperature, SAMPLE_COUNT)
        known = [words(text) <= vocabulary for text, _ in results]
        lowered = [words(text.lower()) for text, _ in results]
        one_hero = [not ({"he", "his", "him"} & used and {"she", "her"} & used) for used in lowered]
        ended = [end for _, end in results]
        rows.append(f"| {temperature} | {share(known)} | {share(one_hero)} | {share(ended)} |")
    return "\n".join(rows)


def quote(results: list[tuple[str, bool]]) -> str:
    """Stories as Markdown quotes; what sampling at 1.5 makes must not break the page."""
    lines = [re.sub(r"([\\`*_<>\[\]#|~])", r"\\\1", " ".join(text.split())) for text, _ in results]
    return "\n>\n".join(f"> {line}" for line in lines)


def write_card() -> None:
    """Measure the checkpoint in `FOLDER` and write its model card."""
    torch.manual_seed(SEED)
    model = GPT2LMHeadModel.from_pretrained(FOLDER).eval()
    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    record = json.loads((FOLDER / "training.json").read_text())
    config = model.config

    texts = training_stories()
    vocabulary = set().union(*map(words, texts))
    training = encode(tokenizer, texts)
    held_out = encode(tokenizer, held_out_stories(texts, HELD_OUT_COUNT))
    unigram, bigram = count_perplexities(training, held_out, config.vocab_size)
    lengths = [len(document) - 2 for document in held_out]

    samples = {
        temperature: quote(
            [result for prompt in PROMPTS for result in continue_prompt(model, tokenizer, prompt, temperature, 2)]
        )
        for temperature in (0.8, 1.5)
    }
    greedy = quote([result for prompt in PROMPTS for result in continue_prompt(model, tokenizer, prompt, None, 1)])

    (FOLDER / "README.md").write_text(f"""\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
---

# Storyteller

A GPT-2 with {model.num_parameters():,} parameters that tells little English stories.
It ships with the course, so that the model which a learner builds has something to say before any download.
`python -m models.storyteller.training.train` wrote this page and every figure on it.

## Model

GPT-2 as in Hugging Face `transformers` (`GPT2LMHeadModel`): {config.n_layer} layers, {config.n_head} heads,
width {config.n_embd}, {config.n_positions} positions, tanh GELU (`{config.activation_function}`),
head tied to the token embedding, float32.
The tokenizer is byte-level BPE with {config.vocab_size:,} tokens;
`{END_OF_TEXT}` (id {config.eos_token_id}) parts documents and ends a story. A prompt may begin with it or do without.

## Data

{len(texts):,} stories from a grammar of our own, `models/storyteller/training/stories.py` (seed {TRAINING_SEED}):
{len(PLOTS)} plots, {len(vocabulary):,} different words,
{min(lengths)} to {max(lengths)} tokens a story, {sum(lengths) / len(lengths):.0f} on average.
No downloaded text is in it.
Held out are {HELD_OUT_COUNT:,} stories from seed {HELD_OUT_SEED}, none of which occurs in training.

## Training

`python -m models.storyteller.training.train`: {record["steps"]:,} steps of {BATCH} windows,
{record["tokens"]:,} tokens in all,
with Muon and Adam and label smoothing {LABEL_SMOOTHING}, seed {record["seed"]}.
It took {record["seconds"]:,} seconds on {record["threads"]} thread
({record["machine"]}, torch {record["torch"]}).
The same seed gives the same weights on the same machine with the same versions and number of threads.

The smoothing is there for the lessons about temperature: it gives every token a small floor of probability, which
vanishes at temperature 0.8 and bursts out at 1.5. It costs a little perplexity.

## Perplexity per token, held out

| model | perplexity |
|---|---|
| unigram | {unigram:.1f} |
| bigram | {bigram:.2f} |
| storyteller | {model_perplexity(model, held_out):.3f} |
| the grammar itself | {grammar_perplexity(tokenizer):.3f} |

All but the last row are measured on the same tokens, each story's closing `{END_OF_TEXT}` included. The last row is
the grammar's own entropy, below which no model can stay for long.

## Samples

{SAMPLE_COUNT} continuations of "{PROMPTS[0]}" at each temperature, from the full distribution:

| temperature | only words of the grammar | one pronoun for the hero | came to an end |
|---|---|---|---|
{sample_table(model, tokenizer, vocabulary)}

### Temperature 0.8

{samples[0.8]}

### Temperature 1.5

{samples[1.5]}

### Greedy

{greedy}

## Limits

It knows {len(vocabulary):,} words, {len(PLOTS)} plots and nothing about the world: a prompt from elsewhere is soon
bent into a story or falls apart. Heroes are named once and are "he" or "she" from then on; a model of this size and
training does not carry a name through a story. It is for teaching and testing.

## Licence

Apache-2.0, for the weights, the tokenizer and this page.
""")


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_card()
