"""The command ``chat``: a person and the model write one text by turns.

GPT-2 has learned to go on with texts, not to answer. So each line is put at the end of the text,
and the model goes on from there; what it reads is what the terminal shows. When the context
window is full it slides. Replies go to stdout, all else goes to stderr: into a pipe go replies alone.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from course.refusal import refusing
from course.terminal import console
from course.writing.generate import load, write
from gpt2.checkpoint import open_checkpoint
from gpt2.sampling import LARGEST_SEED, Sampling
from gpt2.tokenizer import load_tokenizer

HELP = "You and the model write one text by turns. Enter alone: it goes on. Ctrl-C: it stops. Ctrl-D: the end."
CLINGING = ",.;:!?"  # a line that begins so goes on without a space


def chat(
    sampling: Sampling,
    *,
    max_new_tokens: int,
    stop: Sequence[str] = (),
    weights: str = "float32",
    device: str | None = None,
    checkpoint: str,
) -> None:
    """Answer the lines of stdin, until it ends.

    Call ``runtime.prepare`` first. Arguments and exceptions are those of ``generate``.

    Args:
        sampling: with a seed, the same lines get the same replies.
        max_new_tokens: for each reply.
    """
    opened = open_checkpoint(checkpoint)
    tokenizer = load_tokenizer(opened.folder, opened.config.vocab_size)
    end = "" if opened.eos_token_id is None else tokenizer.id_to_token(opened.eos_token_id) or ""
    model = load(opened, tokenizer, weights, device)
    text = ""
    for turn, line in enumerate(_lines()):
        text = _joined(text, line, end)
        if not text:
            continue
        seed = None if sampling.seed is None else (sampling.seed + turn) % (LARGEST_SEED + 1)
        try:
            with refusing(ValueError):
                tokens = model.stream(
                    text, replace(sampling, seed=seed), max_new_tokens=max_new_tokens, slide=True, stop=stop
                )
                for token in tokens:
                    text += token.text + (end if token.finish_reason == "eos" else "")
                    write(token.text)
        except KeyboardInterrupt:
            if not sys.stdin.isatty():
                raise
        write("\n")


def _lines() -> Iterator[str]:
    """What comes in, line by line. At a terminal it is asked for, and Ctrl-C is the end as Ctrl-D is."""
    sys.stdin.reconfigure(errors="replace")
    if not sys.stdin.isatty():
        yield from (line.removesuffix("\n") for line in sys.stdin)
        return
    import readline  # noqa: F401  (for the keys that move in a line, and for earlier ones)

    console.err.print(HELP, style="dim")
    while True:
        if not sys.stdout.isatty():  # where input() would put what it asks
            console.err.print("> ", end="")
        try:
            line = input("> " if sys.stdout.isatty() else "")
        except (EOFError, KeyboardInterrupt):
            console.err.print()
            return
        yield line


def _joined(text: str, line: str, end: str) -> str:
    """The text with a line at its end. After the model's end of text another one begins."""
    begins = not text or text[-1].isspace() or (end and text.endswith(end))
    return text + ("" if begins or not line or line[0].isspace() or line[0] in CLINGING else " ") + line
