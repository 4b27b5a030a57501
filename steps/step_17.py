"""Step 17: filters for sampling.

Among the tokens that a model could draw are thousands that fit badly. Each is unlikely, and
together they are not. Filters take them out of the draw before it happens.

Check your work: `pixi run s17` (or `./run s17`).
"""

from __future__ import annotations

from max.experimental import functional as F
from max.experimental.tensor import Tensor

# Each filter takes logits [batch, vocab_size] and returns logits of that shape, so that one can
# follow another. A logit of minus infinity is a probability of 0: the token is taken out.


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Keep the ``k`` likeliest tokens of each row of ``logits`` [batch, vocab_size].

    Tokens that tie with the last of them are kept, too. The logits of the others become minus
    infinity. A ``k`` of vocab_size or more keeps all (Fan et al., 2018, section 5.4; Hugging
    Face: ``TopKLogitsWarper``).

    Raises:
        ValueError: ``k`` is less than 1.
    """
    # TODO 1: keep the k likeliest tokens.
    #   Raise a ValueError that names k if it is less than 1.
    #   least: the k-th largest logit of each row, or the smallest one where a row has
    #     fewer than k  [batch, 1]
    #   Return the logits, and minus infinity in the place of those below least.
    raise NotImplementedError("step 17, TODO 1: keep the k likeliest tokens")


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Keep the likeliest tokens of each row, as few as have the probability ``p`` together.

    The token with which they reach it is the last that is kept, so that at least one is. Of
    tokens that are as likely as the last one all may be kept. The other logits of the row, of
    ``logits`` [batch, vocab_size], become minus infinity. A ``p`` of 1 keeps all: nucleus
    sampling (Holtzman et al., 2019; Hugging Face: ``TopPLogitsWarper``).

    Raises:
        ValueError: ``p`` is not above 0, up to 1.
    """
    # TODO 2: keep the likeliest tokens that reach p together.
    #   Raise a ValueError that names p unless 0 < p <= 1. Where p is 1 return all logits
    #   as they are: sums of float32 reach 1 too early.
    #   probs: the softmax of the logits  [batch, vocab_size]
    #   falling: the same, from the likeliest token to the least likely one
    #   before: for each place in falling, what stands before it in sum
    #   A place is kept if what stands before it is less than p.
    #   least: the smallest probability in a place that is kept  [batch, 1]
    #   Return the logits, and minus infinity where probs is below least.
    raise NotImplementedError("step 17, TODO 2: keep the likeliest tokens that reach p together")


def keep_min_p(logits: Tensor, p: float) -> Tensor:
    """Keep the tokens of each row that are at least ``p`` times as likely as its likeliest one.

    The other logits of the row, of ``logits`` [batch, vocab_size], become minus infinity. A
    ``p`` of 0 keeps all (Nguyen et al., 2024; Hugging Face: ``MinPLogitsWarper``).

    Raises:
        ValueError: ``p`` is not from 0 to 1.
    """
    # TODO 3: keep what is likely enough, compared with the best.
    #   Raise a ValueError that names p unless 0 <= p <= 1.
    #   probs: the softmax of the logits  [batch, vocab_size]
    #   least: p times the largest probability of each row  [batch, 1]
    #   Return the logits, and minus infinity where probs is below least.
    raise NotImplementedError("step 17, TODO 3: keep what is likely enough, compared with the best")


def penalize_repetition(logits: Tensor, input_ids: Tensor, penalty: float) -> Tensor:
    """Make the tokens that a text has already less likely.

    Row i of ``logits`` [batch, vocab_size] belongs to row i of the texts ``input_ids``
    [batch, seq_length] int64. The logits of the tokens that occur in the text are divided by
    ``penalty`` where they are positive, and multiplied by it where they are negative; how often
    a token occurs does not matter. 1 changes nothing, and less than 1 encourages repetition
    (Keskar et al., 2019, section 4.1; Hugging Face: ``RepetitionPenaltyLogitsProcessor``).

    Raises:
        ValueError: ``penalty`` is not above 0.
    """
    # TODO 4: penalize what the text has already.
    #   Raise a ValueError that names penalty unless it is above 0.
    #   scores: the logit of each token of the text  [batch, seq_length]
    #   penalized: scores * penalty where they are negative, else scores / penalty
    #   Return the logits, with each of penalized in the place that its score came from.
    #   (a token that occurs twice is penalized from the same score twice, to the same end)
    raise NotImplementedError("step 17, TODO 4: penalize what the text has already")
