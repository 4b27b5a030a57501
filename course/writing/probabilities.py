"""How probable the tokens of a text were, and which others the model thought of: colours and a table."""

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Column, Table
from tokenizers import Tokenizer

from course.terminal import console

if TYPE_CHECKING:
    from gpt2.generator import Token

RUNNERS_UP = 3
SHOWN = 10  # rows at a terminal

# The least probability of each colour, from the most probable on.
COLORS = ((0.5, "green"), (0.1, "cyan"), (0.01, "yellow"), (0.0, "bold red"))


def style(token: "Token") -> str:
    """The colour of a token."""
    return next(color for least, color in COLORS if math.exp(token.logprob) >= least)


def show(tokens: Sequence["Token"], tokenizer: Tokenizer) -> None:
    """Print, below a text on a terminal, what its colours mean, and where the model was least sure."""
    legend = [f"[{color}]{f'{least:.0%} or more' if least else 'less'}[/]" for least, color in COLORS]
    console.out.print(f"\nProbability at temperature 1: {', '.join(legend)}")
    unsure = sorted(sorted(range(len(tokens)), key=lambda index: tokens[index].logprob)[:SHOWN])
    if not unsure:
        return
    columns = (Column(no_wrap=True), Column(no_wrap=True, justify="right"), Column(no_wrap=True))
    table = Table.grid(*columns, padding=(0, 2))
    table.add_row("[dim]token[/]", "", "[dim]runners-up[/]")
    for index in unsure:
        (name, share), *others = _row(tokens[index], tokenizer)
        names = "  ".join(f"{console.plain(other)} [dim]{probability:.1%}[/]" for other, probability in others)
        table.add_row(f"[{style(tokens[index])}]{console.plain(name)}[/]", f"{share:.1%}", names)
    console.out.print(table)
    if len(tokens) > len(unsure):
        console.out.print(
            f"[dim]The {len(unsure)} of {len(tokens)} tokens that the model was least sure of; "
            "a pipe or a file gets them all.[/]"
        )


def table(tokens: Sequence["Token"], tokenizer: Tokenizer) -> str:
    """All tokens in lines of columns that tabs separate, each token as a string in JSON."""
    head = ["token", "probability", *["runner_up", "probability"] * RUNNERS_UP]
    rows = [
        [cell for name, probability in _row(token, tokenizer) for cell in (name, f"{probability:.6f}")]
        for token in tokens
    ]
    return "".join("\t".join(row) + "\n" for row in [head, *rows])


def _row(token: "Token", tokenizer: Tokenizer) -> list[tuple[str, float]]:
    """A token and its runners-up, each with its probability."""
    others = [each for each in token.top_logprobs if each[0] != token.id][:RUNNERS_UP]
    return [(_quoted(id, tokenizer), math.exp(logprob)) for id, logprob in [(token.id, token.logprob), *others]]


def _quoted(id: int, tokenizer: Tokenizer) -> str:
    """The text of a token as a string in JSON; that of a special token is its name."""
    return json.dumps(tokenizer.decode([id]) or tokenizer.id_to_token(id), ensure_ascii=False)
