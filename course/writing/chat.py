"""The command ``chat``: a person and the model take turns writing one text.

GPT-2 has learned to continue texts, not to answer. So each line is appended to the text, and the model continues the
whole text, which is what the terminal shows. When the context window is full, it slides. A line that is one of
``COMMANDS`` is no part of the text. Replies go to stdout and everything else to stderr, so that a pipe gets the replies
alone.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from course.refusal import refusing
from course.terminal import console
from course.writing.loading import load
from course.writing.page import Page
from course.writing.trained_on import tell_of_unknown_words
from gpt2.checkpoint import open_checkpoint
from gpt2.sampling import LARGEST_SEED, Sampling
from gpt2.tokenizer import load_tokenizer

COMMANDS = {"/help": "shows this", "/reset": "begins a new text", "/quit": "ends the chat, as Ctrl-D does"}
HELP = f"""\
You and the model take turns writing one text: begin one, and the model goes on. \
It continues texts, and cannot answer questions. Enter alone lets it go on; Ctrl-C stops it.
{chr(10).join(f"  {command:8}{what}" for command, what in COMMANDS.items())}"""
CLOSE_UP = ",.;:!?"  # a line that begins with one of these is appended without a space


def chat(
    sampling: Sampling,
    *,
    max_new_tokens: int,
    stop: Sequence[str] = (),
    weights: str = "float32",
    device: str | None = None,
    checkpoint: str,
) -> None:
    """Answer the lines of stdin until it ends. Arguments and exceptions are those of ``generate``.

    Args:
        sampling: with a seed, the same lines get the same replies.
        max_new_tokens: the limit of each reply.
    """
    opened = open_checkpoint(checkpoint)
    tokenizer = load_tokenizer(opened.folder, opened.config.vocab_size)
    end = next(filter(None, map(tokenizer.id_to_token, opened.eos_token_ids)), "")
    model = load(opened, tokenizer, weights, device)
    text = ""
    for turn, line in enumerate(_lines()):
        command = line.strip().lower()
        if command == "/quit":
            return
        if command in COMMANDS:
            text = "" if command == "/reset" else text
            console.err.print(HELP if command == "/help" else "A new text.", style="dim", markup=False)
            continue
        if re.fullmatch("/[a-z]+", command):
            console.err.print(f"There is no {command}: /help shows what there is.", style="yellow", markup=False)
            continue
        if not text:
            tell_of_unknown_words(line, opened.folder)
        text = _joined(text, line, end)
        if not text:
            continue
        seed = None if sampling.seed is None else (sampling.seed + turn) % (LARGEST_SEED + 1)
        page = Page()
        try:
            with refusing(ValueError):
                tokens = model.stream(
                    text, replace(sampling, seed=seed), max_new_tokens=max_new_tokens, slide=True, stop=stop
                )
                for token in tokens:
                    text += token.text + (end if token.finish_reason == "eos" else "")
                    page.write(token.text)
        except KeyboardInterrupt:
            if not sys.stdin.isatty():
                raise
        page.end()


def _lines() -> Iterator[str]:
    """The lines of stdin. At a terminal there is a prompt for each, and Ctrl-C ends them as Ctrl-D does."""
    sys.stdin.reconfigure(errors="replace")
    if not sys.stdin.isatty():
        yield from (line.removesuffix("\n") for line in sys.stdin)
        return
    import readline  # noqa: F401  (so that input() has keys to edit a line and to recall earlier ones)

    console.err.print(HELP, style="dim", markup=False)
    while True:
        if not sys.stdout.isatty():  # input() writes its prompt to stdout, which gets replies alone
            console.err.print("> ", end="")
        try:
            line = input("> " if sys.stdout.isatty() else "")
        except (EOFError, KeyboardInterrupt):
            console.err.print()
            return
        yield line


def _joined(text: str, line: str, end: str) -> str:
    """The text with a line appended. After the model's end-of-text token ``end`` another text begins."""
    begins = not text or text[-1].isspace() or (end and text.endswith(end))
    return text + ("" if begins or not line or line[0].isspace() or line[0] in CLOSE_UP else " ") + line
