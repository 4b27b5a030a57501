"""How well the story model predicts with weights in fewer bits: ``./run bench weights``.

It is measured on stories that the model was not trained on, on all tokens of each.
"""

import numpy as np
from max.driver import CPU

from course.curriculum.steps import STORYTELLER
from gpt2.checkpoint import open_checkpoint
from gpt2.cpu.panels import FORMATS
from gpt2.loading import load_cached_model
from gpt2.sampling import log_softmax
from gpt2.tokenizer import load_tokenizer
from models.storyteller.training.stories import held_out_stories, training_stories
from training.tokenizer import END_OF_TEXT

STORIES = 200


def logits_of(weights: str, stories: list[list[int]]) -> list[np.ndarray]:
    """The logits after each token of each story, but the last: [seq_length - 1, vocab_size]."""
    model = load_cached_model(open_checkpoint(STORYTELLER), CPU(), weights)
    # In one batch, a token of each story at a time. Logits after the end of a shorter story are dropped.
    longest = max(map(len, stories))
    ids = np.array([story + [0] * (longest - len(story)) for story in stories])
    logits, cache = model.start(ids[:, :1].tolist(), longest)
    steps = [logits]
    for place in range(1, longest - 1):
        steps.append(model.extend(ids[:, place : place + 1], cache))
    together = np.stack(steps, axis=1)  # [stories, longest - 1, vocab_size]
    return [each[: len(story) - 1] for each, story in zip(together, stories, strict=True)]


def main() -> None:
    checkpoint = open_checkpoint(STORYTELLER)
    tokenizer = load_tokenizer(checkpoint.folder, checkpoint.config.vocab_size)
    texts = held_out_stories(training_stories(), STORIES)
    stories = [tokenizer.encode(END_OF_TEXT + text + END_OF_TEXT).ids for text in texts]
    likeliest = {}
    print("| weights | perplexity | same likeliest token as float32 |\n|---|---|---|")
    for weights in FORMATS:
        logits = np.concatenate(logits_of(weights, stories)).astype(np.float64)
        targets = np.concatenate([story[1:] for story in stories])
        nats = -np.mean([log_softmax(row)[target] for row, target in zip(logits, targets, strict=True)])
        likeliest[weights] = logits.argmax(axis=-1)
        same = np.mean(likeliest[weights] == likeliest["float32"])
        print(f"| {weights} | {np.exp(nats):.4f} | {same:.2%} |")


if __name__ == "__main__":
    main()
