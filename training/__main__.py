"""Trains a model on a text: python -m training TEXT FOLDER, in the environment that ./run train makes."""

import argparse
import math
import signal
import sys
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from course.refusal import Refusal
from course.terminal.console import err, out
from training.card import card
from training.checkpoint import read_state, remove_state, write_checkpoint, write_state
from training.files import write
from training.loop import LOOKS, Training, steps_in
from training.model import GPT2, continue_text
from training.record import NAME, Plan, plan, record_of
from training.report import Report
from training.sizes import BATCH, SIZES
from training.text import Text, read_text
from training.tokenizer import encode_documents, train_tokenizer
from training.windows import in_order, nats

SAMPLES = 5  # while it trains
SAMPLED, TEMPERATURE = 60, 0.8  # tokens, and how they are drawn
WORDS = 5  # that a sample goes on from

STOPPED = 130  # the exit code of who was interrupted


def train(text: Text, folder: Path, wanted: Plan) -> None:
    """Train from the beginning or from the last saved state, and leave the checkpoint in ``folder``."""
    size = SIZES[wanted.size]
    tokenizer = train_tokenizer(text.training, size.vocab_size)
    config = size.config(tokenizer.get_vocab_size())
    learned, held_out = (encode_documents(tokenizer, part) for part in (text.training, text.held_out))
    state = read_state(folder)
    if state:
        err.print(f"Going on from step {state['done']} of {state['steps']}.")
    steps = state["steps"] if state else wanted.steps or steps_in(wanted.minutes or 0, config, learned)
    training = Training(config, learned, held_out, wanted.seed, steps)
    if state:
        training.load_state_dict(state)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / NAME, record_of(wanted))
        write_state(folder, training.state_dict())  # a disk that is full says so now
    start = " ".join(text.held_out[0].split(" ")[:WORDS])

    asked: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: asked.append(number))
    with Report(training) as report:
        for look in training.run():
            report.step(training)
            if look:
                report.look(training, look)
                if len(training.looks) % (LOOKS // SAMPLES) == 0:
                    report.sample(sample(training.model, tokenizer, start, training.done))
            if look or asked:
                write_state(folder, training.state_dict())
            if asked:
                report.say(
                    f"Stopped after step {training.done} of {training.steps}. The same command goes on from there."
                )
                raise SystemExit(STOPPED)
    finish(training, tokenizer, text, folder, wanted, start)


def finish(training: Training, tokenizer: Tokenizer, text: Text, folder: Path, wanted: Plan, start: str) -> None:
    """Judge the model by all that was held out, and write the checkpoint and its card."""
    model, looks = training.model, training.looks
    windows = in_order(training.held_out, model.config.n_positions)
    total, size = nats(model, windows), sum(len(document.encode()) for document in text.held_out)
    mean = total / sum(len(window) - 1 for window in windows)
    figures: dict[str, Any] = {
        "loss": mean,
        "perplexity": math.exp(mean),
        "bits_per_byte": total / math.log(2) / size,
        "held_out_bytes": size,
        "tokens": training.steps * BATCH * model.config.n_positions,
        "torch": torch.__version__,
    }
    write_checkpoint(folder, model, tokenizer)
    parameters = sum(weight.numel() for weight in model.parameters())
    said = sample(model, tokenizer, start, training.done)
    write(folder / "README.md", card(wanted, model.config, parameters, looks, figures, said).encode())
    write(folder / NAME, record_of(wanted, figures | {"looks": [vars(look) for look in looks]}))
    remove_state(folder)
    out.print(
        f"{figures['perplexity']:.2f} perplexity per token, {figures['bits_per_byte']:.3f} bits per byte, on "
        f"{size:,} bytes that it never read.",
        markup=False,
    )


def sample(model: GPT2, tokenizer: Tokenizer, start: str, seed: int) -> str:
    random = torch.Generator().manual_seed(seed)
    ids = tokenizer.encode(start).ids
    return tokenizer.decode([*ids, *continue_text(model, ids, SAMPLED, TEMPERATURE, random)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", choices=SIZES, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--steps", type=int)
    asked = parser.parse_args()
    text = read_text(asked.text, SIZES[asked.size].n_positions)
    train(text, asked.folder, plan(text, asked.size, asked.seed, asked.minutes, asked.steps))


if __name__ == "__main__":
    try:
        main()
    except (Refusal, OSError) as error:
        err.print(f"error: {error}", style="red", markup=False)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(STOPPED)
