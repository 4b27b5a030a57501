"""Step 18: several texts at once.

The weights are read from memory once for a whole batch, so eight texts take hardly longer than
one. But a batch is a rectangle, and texts differ in length: the shorter ones are padded, and
nothing must ever notice the padding.

Check your work: `pixi run s18` (or `./run s18`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from max.dtype import DType
from max.experimental import functional as F
from max.experimental.tensor import Tensor
from max.graph import DimLike, StaticDim

from solutions.solution_02 import causal_mask
from solutions.solution_09 import GPT2MultiHeadAttention
from solutions.solution_13 import GPT2LMHeadModel
from solutions.solution_14 import generate_next_token
from solutions.solution_16 import KVCache

HIDDEN = -1e9  # as good as minus infinity, but a softmax of nothing else is still a softmax


def pad_left(texts: Sequence[Tensor], pad_token_id: int = 0) -> tuple[Tensor, Tensor]:
    """Make a rectangle of ``texts``, each [1, its length] int64, with padding on the left.

    Returns:
        input_ids [batch, longest] int64, in which each text ends in the last column, and padding
        [batch] int64: how many columns of each row are not of its text.
    """
    # TODO 1: pad the texts.
    #   longest: the length of the longest text
    #   input_ids: a row for each text: as often pad_token_id as it is shorter than the longest,
    #     then the text itself  [batch, longest]
    #   padding: how often that was, for each row  [batch]
    #   Return both, in int64, on the device of the texts.
    raise NotImplementedError("step 18, TODO 1: pad the texts")


def padded_positions(padding: Tensor, past_length: DimLike, total_length: DimLike) -> Tensor:
    """The positions of columns past_length, ..., total_length - 1 in each row's own text.

    ``padding`` [batch] int64 is how many columns stand before each text.

    Returns:
        [batch, total_length - past_length] int64: 0 for the first token of each text, from there
        on 1, 2, ...; padding has no position, and gets 0.
    """
    # TODO 2: count from where each text begins.
    #   columns: past_length, past_length + 1, ..., total_length - 1, in int64
    #   Return, for each row, how far each column lies behind the row's first token; 0 for
    #   columns of padding.
    raise NotImplementedError("step 18, TODO 2: count from where each text begins")


def padded_mask(padding: Tensor, past_length: DimLike, total_length: DimLike, dtype: DType) -> Tensor:
    """The additive mask of attention in a batch, for the columns from past_length on.

    Returns:
        [batch, 1, total_length - past_length, total_length]: 0 where a token of a text looks at
        one of its own text that is not after it. Where it looks at padding or ahead, a number
        that leaves no weight. A row of padding may see anything, as long as it sees something.
    """
    # TODO 3: hide the padding.
    #   is_padding: which columns stand before the text of each row  [batch, total_length]
    #   hidden: HIDDEN where there is padding, 0 elsewhere; the same for each head and for
    #     each token that looks  [batch, 1, 1, total_length]
    #   Return hidden + the rows of step 02's mask for the columns from past_length on, as in
    #   step 16.
    raise NotImplementedError("step 18, TODO 3: hide the padding")


def attend_with_mask(
    attention: GPT2MultiHeadAttention, x: Tensor, mask: Tensor, past: KVCache | None
) -> tuple[Tensor, KVCache]:
    """``attend`` of step 16 for ``x`` [batch, seq_length, n_embd], with a mask that it is given.

    ``mask`` is [batch, 1, seq_length, past_length + seq_length].
    """
    n_embd = attention.n_head * attention.head_dim
    query, key, value = (
        attention.split_heads(part) for part in F.split(attention.c_attn(x), [n_embd] * 3, axis=-1)
    )  # [batch, n_head, seq, head_dim]

    # TODO 4: attend by this mask.
    #   key and value: with those of the past before them, if there is a past, as in step 16
    #   scores: of each key for each query, scaled  [batch, n_head, seq_length, total_length]
    #   attended: what the softmax of scores and mask together collects of the values
    #   Return attended with its heads merged and projected, and a KVCache of key and value.
    raise NotImplementedError("step 18, TODO 4: attend by this mask")


class BatchedGPT2(GPT2LMHeadModel):
    """Step 13's model, with its layers and parameters, for texts that are padded on the left."""

    def forward(
        self, input_ids: Tensor, padding: Tensor, cache: list[KVCache] | None = None
    ) -> tuple[Tensor, list[KVCache]]:
        """Score ``input_ids`` [batch, seq_length] int64, which go on from what ``cache`` is of.

        ``padding`` [batch] int64 says how many of all columns, those in the cache included, stand
        before each text. ``cache`` has a KVCache for each layer, or is None at the beginning.

        Returns:
            Logits [batch, seq_length, vocab_size], which are those that each text has alone, and
            mean nothing at padding; and the cache of all columns so far.

        Raises:
            ValueError: earlier and new columns together are more than ``n_positions``.
        """
        stack = self.transformer
        past_length = cache[0].keys.shape[2] if cache else StaticDim(0)
        total_length = past_length + input_ids.shape[1]
        if isinstance(total_length, StaticDim) and int(total_length) > stack.n_positions:
            raise ValueError(f"{int(total_length)} columns do not fit into a context of {stack.n_positions}")

        # TODO 5: run the layers.
        #   x: the token vectors of input_ids, plus the vectors of each row's own positions
        #     [batch, seq_length, n_embd]
        #   mask: of padded_mask, for the dtype of x
        #   The rest is that of step 16, with attend_with_mask and this mask in each layer.
        #   Return the logits and the new cache.
        raise NotImplementedError("step 18, TODO 5: run the layers")


def choose_tokens(logits: Tensor, temperature: float, do_sample: bool) -> Tensor:
    """Step 14's choice of what follows, for each row of ``logits`` [batch, seq_length, vocab_size].

    Returns:
        [batch, 1] int64.
    """

    def choose(row: Tensor) -> Tensor:
        """The choice for a row of logits [1, seq_length, vocab_size]: [1, 1]."""
        return generate_next_token(lambda _: row, row, temperature, do_sample).reshape([1, 1])

    rows = F.split(logits, [1] * int(logits.shape[0]), axis=0)
    return F.concat([choose(row) for row in rows], axis=0)


def generate_batch(
    model: Callable[[Tensor, Tensor, list[KVCache] | None], tuple[Tensor, list[KVCache]]],
    texts: Sequence[Tensor],
    max_new_tokens: int = 10,
    temperature: float = 1.0,
    do_sample: bool = True,
    eos_token_id: int | None = None,
) -> list[Tensor]:
    """Continue several ``texts``, each [1, its length] int64, at once.

    ``model`` maps new ids, the padding, and a cache or None to the new ids' logits and the next
    cache. Each text gets ``max_new_tokens`` new tokens, or fewer where ``eos_token_id`` comes
    first: it is appended, and ends this text, while the others go on. Raises what the model raises.

    Returns:
        The texts, in their order, each [1, its new length] int64, without padding: what
        ``generate_with_cache`` of step 16 makes of each alone.
    """
    # TODO 6: let each text end by itself.
    #   new_ids, padding: the padded texts
    #   cache: None;  written: a list of the texts;  ended: a set of no rows
    #
    #   max_new_tokens times, unless all texts have ended:
    #     ask the model about new_ids, padding and the cache; keep the cache that it gives back
    #     new_ids: a token for each row, by choose_tokens  [batch, 1]
    #     for each row that has not ended: append its token to written[row]; if it is
    #       eos_token_id, the row has ended
    #
    #   Return written.
    raise NotImplementedError("step 18, TODO 6: let each text end by itself")
