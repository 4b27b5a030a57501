"""Make the small checkpoint that ships with the course: `models/storyteller/`.

    python -m models.storyteller.training.train    train, evaluate, write everything (half an hour on one core)
    python -m models.storyteller.training.card     measure the checkpoint that is there and rewrite its card

Training is what `./run train` does, with stories that each fit into the context. Needs `torch`, and for the card
`transformers`, which the course itself does not.
"""

import json
import platform
from collections.abc import Sequence
from pathlib import Path

import torch

from models.storyteller.training.stories import held_out_stories, training_stories
from training.checkpoint import write_checkpoint
from training.loop import Training
from training.sizes import BATCH, SIZES
from training.tokenizer import encode_documents, train_tokenizer

FOLDER = Path(__file__).parents[1]
SEED, STEPS = 1337, 2600
JUDGES = 100  # stories that tell how well it does meanwhile
# Text from a grammar leaves almost no probability to anything else, and even temperature 1.5 would read well.
# This much, spread over the vocabulary, vanishes at temperature 0.8 and shows at 1.5.
LABEL_SMOOTHING = 0.003


def make_checkpoint(folder: Path, stories: Sequence[str], steps: int) -> None:
    """Train the tokenizer and the model and write them to `folder`."""
    size = SIZES["small"]
    tokenizer = train_tokenizer(stories, size.vocab_size)
    config = size.config(tokenizer.get_vocab_size())
    documents = (encode_documents(tokenizer, part) for part in (stories, held_out_stories(stories, JUDGES)))
    training = Training(config, *documents, SEED, steps, LABEL_SMOOTHING)
    for look in training.run():
        if look:
            print(f"step {look.step:5}  loss {look.training:.4f}  held out {look.held_out:.4f}  {look.seconds:6.0f} s")
    write_checkpoint(folder, training.model, tokenizer)
    record = {
        "seed": SEED,
        "seconds": round(training.seconds),
        "steps": steps,
        "tokens": steps * BATCH * config.n_positions,
        "threads": torch.get_num_threads(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "torch": torch.__version__,
    }
    (folder / "training.json").write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    torch.set_num_threads(1)  # more threads sum in another order: the weights would differ
    make_checkpoint(FOLDER, training_stories(), STEPS)

    from models.storyteller.training.card import write_card

    write_card()
