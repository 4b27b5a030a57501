"""One text of the command ``generate``, as it is printed: alone, with its probabilities, and with its times."""

import sys
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from course.terminal import console
from course.writing.page import Page, put
from course.writing.probabilities import show, style, table
from course.writing.stats import Stopwatch
from gpt2.sampling import Sampling

if TYPE_CHECKING:
    from gpt2.generator import FinishReason, Token


class Telling:
    """Prints the prompt, and then what is told of each token."""

    def __init__(self, prompt: list[int], tokenizer: Tokenizer, show_probabilities: bool) -> None:
        self._prompt, self._tokenizer = prompt, tokenizer
        self._shows = show_probabilities
        self._is_table = show_probabilities and not sys.stdout.isatty()
        self._tokens: list[Token] = []
        self._page = Page()
        self._watch = Stopwatch()
        self._has_begun = False

    def begin(self) -> None:
        """Print the prompt, if it is not there yet: the model is about to read it."""
        if not self._has_begun:
            self._has_begun = True
            self._write(self._tokenizer.decode(self._prompt))

    def token(self, token: "Token") -> None:
        """The next token."""
        self._watch.token()
        self._tokens.append(token)
        self._write(token.text, style(token) if self._shows else "")

    def end(self, reason: "FinishReason", sampling: Sampling | None) -> None:
        """There are no more tokens.

        Args:
            sampling: the settings, if there is to be a word about how the text was made.
        """
        self.begin()
        told = sampling and self._watch.summary(len(self._prompt), len(self._tokens), reason, sampling)
        if self._is_table:
            put(table(self._tokens, self._tokenizer))
        else:
            self._page.end()
            if self._shows:
                show(self._tokens, self._tokenizer)
        if told:
            console.err.print(told, style="dim", markup=False)

    def _write(self, text: str, style: str = "") -> None:
        if not self._is_table:
            self._page.write(text, style)
