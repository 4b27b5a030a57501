"""Step 15: cross-entropy and perplexity.

A model that is given a text says of each token how likely it was. The less the text
surprises it, the better it is: that is what it is trained for, and what it is measured by.

Check your work: `pixi run s15` (or `./run s15`).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from max.dtype import DType
from max.experimental import functional as F
from max.experimental.tensor import Tensor


def log_probabilities(logits: Tensor, input_ids: Tensor) -> Tensor:
    """How likely each token was, given the tokens before it: [batch, seq_length - 1].

    ``logits`` [batch, seq_length, vocab_size] are what a model makes of ``input_ids``
    [batch, seq_length] int64. The logarithms are natural ones, and column i is about token
    i + 1: nothing predicts the first token of a text.

    Raises:
        ValueError: the texts have fewer than two tokens.
    """
    # TODO 1: look up how likely each token was.
    #   Raise a ValueError that names the length if the texts have fewer than 2 tokens.
    #   log_probs: the logarithm of the softmax of the logits
    #   Position i scores token i + 1. So leave out the last position of log_probs, and
    #   the first token of input_ids; what is left belongs together.
    #   Return, for each of these tokens, its own entry of log_probs
    #     [batch, seq_length - 1]
    # hint: All the answers are in the table of log_probs already; each token says in which column.
    # hint: `F.logsoftmax(x)` keeps logarithms that `F.log(F.softmax(x))` rounds to minus
    #   infinity. `F.gather_nd(table, places, batch_dims=2)` takes one entry of each row.
    # hint: `F.gather_nd(log_probs[:, :-1], F.unsqueeze(input_ids[:, 1:], -1), batch_dims=2)`.
    # solution
    seq_length = int(input_ids.shape[1])
    if seq_length < 2:
        raise ValueError(f"a text of {seq_length} tokens: there is nothing to predict in it")
    log_probs = F.logsoftmax(logits)  # [batch, seq, vocab_size]
    targets = F.unsqueeze(input_ids[:, 1:], -1)  # [batch, seq - 1, 1]
    return F.gather_nd(log_probs[:, :-1], targets, batch_dims=2)  # [batch, seq - 1]
    # end


def cross_entropy(logits: Tensor, input_ids: Tensor, lengths: Tensor | None = None) -> float:
    """How much a token surprises the model on average: the mean of -log p, in nats.

    ``logits`` and ``input_ids`` as in ``log_probabilities``. ``lengths`` [batch] int64 says
    how many tokens of each row are text; the others, behind them, are padding and count for
    nothing. Without it all are text. Every predicted token counts the same, in whichever
    row it stands. It is the loss that GPT-2 is trained with.

    Raises:
        ValueError: the texts have fewer than two tokens.
    """
    log_probs = log_probabilities(logits, input_ids)  # [batch, seq - 1]
    batch, seq_length = (int(size) for size in input_ids.shape)
    if lengths is None:
        lengths = Tensor(np.full(batch, seq_length), device=input_ids.device)

    # TODO 2: tell text from padding.
    #   is_text: 1.0 where the token that a column of log_probs is about is text, 0.0 where
    #   it is padding; float32  [batch, seq_length - 1]
    #   (column i is about token i + 1, and a row's text is its tokens 0 to length - 1)
    # hint: A token is text if its number is less than the length of its row.
    # hint: `F.arange(a, b, dtype=..., device=...)` counts, `lengths.reshape([-1, 1])` is a
    #   column, and a row compared with a column is a table of truth values, which `.cast`
    #   turns into numbers.
    # hint: The tokens are number 1 to seq_length - 1: `F.arange(1, seq_length, ...)`, in
    #   int64, `< lengths.reshape([-1, 1])`.
    # solution
    numbers = F.arange(1, seq_length, dtype=DType.int64, device=input_ids.device)
    is_text = (numbers < lengths.reshape([-1, 1])).cast(DType.float32)
    # end

    # TODO 3: average over the text.
    #   Return minus the sum of the log-probabilities of text, divided by how many there
    #   are, as a Python float.
    # hint: Multiplied by is_text, padding adds nothing to the sum. How many are left to count?
    # hint: `F.sum` adds along one axis, and `.reshape([-1])` makes one axis of two. `.item()`
    #   is the number in a tensor that holds only one.
    # hint: Two sums, of `log_probs * is_text` and of `is_text`; minus their quotient.
    # solution
    total = F.sum((log_probs * is_text).reshape([-1])).item()
    return -total / F.sum(is_text.reshape([-1])).item()
    # end


def perplexity(
    model: Callable[[Tensor], Tensor], input_ids: Tensor, window: int, stride: int
) -> float:
    """Among how many equally likely tokens the model might as well choose at each place.

    It is e to the power of the mean of -log p, over the text ``input_ids`` [1, seq_length]
    int64, which may be longer than the ``window`` of tokens that ``model`` reads at once;
    that maps ids to logits [1, n, vocab_size]. The first window begins with the text, and
    each further one ``stride`` tokens later, until one reaches the end. Each token but the
    first counts once: in the first window that holds it.

    Raises:
        ValueError: the text has fewer than two tokens, or ``stride`` is not from 1 to
            ``window`` - 1.
    """
    # TODO 4: read the text in windows.
    #   Raise a ValueError that names the length if the text has fewer than 2 tokens, and
    #   one that names stride and window unless 1 <= stride < window.
    #
    #   total: the sum of all log-probabilities, a Python float
    #   scored: how many tokens are done; at first 1, since nothing predicts the first one
    #
    #   For each begin = 0, stride, 2 * stride, ...:
    #     end: begin + window, or seq_length where the text ends before that
    #     log_probs: those of the tokens begin + 1 to end - 1, which the model
    #       predicts from input_ids[:, begin:end]
    #     Add those of token number scored and of all after it to total. The ones before
    #       it were counted in an earlier window; here they serve as context.
    #     scored: end. Stop when that is the end of the text.
    #
    #   Return e to the power of minus the mean over all seq_length - 1 tokens.
    # hint: Windows overlap, so that no token is predicted from nothing. A token that is in two
    #   of them must be counted in one only.
    # hint: Column 0 of log_probs is about token begin + 1. In which column is token number
    #   scored? A slice from there on holds what is new. `math.exp` is e to a power.
    # hint: `log_probs[:, scored - begin - 1 :]`, summed as in TODO 3. At the end one mean, of
    #   all tokens, and one exponential.
    # solution
    seq_length = int(input_ids.shape[1])
    if seq_length < 2:
        raise ValueError(f"a text of {seq_length} tokens: there is nothing to predict in it")
    if not 1 <= stride < window:
        raise ValueError(f"stride {stride} of windows of {window} tokens: expected 1 to window - 1")
    total, scored = 0.0, 1
    for begin in range(0, seq_length, stride):
        end = min(begin + window, seq_length)
        ids = input_ids[:, begin:end]
        log_probs = log_probabilities(model(ids), ids)  # [1, end - begin - 1]
        total += F.sum(log_probs[:, scored - begin - 1 :].reshape([-1])).item()
        scored = end
        if end == seq_length:
            break
    return math.exp(-total / (seq_length - 1))
    # end
