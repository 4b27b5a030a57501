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
    # hint: A text's length is `int(text.shape[1])`. How many columns does each lack?
    # hint: `F.broadcast_to(Tensor(pad_token_id, dtype=..., device=...), [1, n])` is a row of n
    #   equal ids, and `F.concat` joins: columns along axis 1, rows along axis 0. A row of no
    #   columns is best avoided.
    # hint: With `longest` pads before every text, the row wanted is what `[:, -longest:]` leaves.
    #   `padding = Tensor([longest - n for n in lengths], ...)`.
    # solution
    device = texts[0].device
    lengths = [int(text.shape[1]) for text in texts]
    longest = max(lengths)
    pad = Tensor(pad_token_id, dtype=DType.int64, device=device)
    pads = F.broadcast_to(pad, [1, longest])
    rows = [F.concat([pads, text], axis=1)[:, -longest:] for text in texts]  # [1, longest] each
    padding = Tensor([longest - n for n in lengths], dtype=DType.int64, device=device)
    return F.concat(rows, axis=0), padding
    # end


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
    # hint: A text behind 3 columns of padding has its first token in column 3.
    # hint: `F.unsqueeze(padding, -1)` is a column [batch, 1], which goes with every column of a
    #   row. `F.elementwise_max(x, y)` takes the larger of two, number by number.
    # hint: `columns - F.unsqueeze(padding, -1)`, in which what is negative becomes 0: compare it
    #   with an int64 tensor of 0.
    # solution
    columns = F.arange(past_length, total_length, dtype=DType.int64, device=padding.device)
    zero = Tensor(0, dtype=DType.int64, device=padding.device)
    return F.elementwise_max(columns - F.unsqueeze(padding, -1), zero)  # [batch, seq]
    # end


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
    # hint: Column j is padding in a row with more than j columns of it. Nobody looks at padding,
    #   and nobody looks ahead: two masks, which add up.
    # hint: `padding > columns` compares, if the shapes are [batch, 1] and [total_length].
    #   `F.where(condition, x, y)` chooses. Two calls of F.unsqueeze put the two axes in between.
    # hint: `F.where(is_padding, Tensor(HIDDEN, dtype=dtype, device=...), Tensor(0.0, ...))`,
    #   then `F.unsqueeze(F.unsqueeze(hidden, 1), 1) + causal_mask(total_length, ...)[past_length:]`.
    # solution
    columns = F.arange(0, total_length, dtype=DType.int64, device=padding.device)
    is_padding = F.unsqueeze(padding, -1) > columns  # [batch, total]
    hidden = F.where(
        is_padding,
        Tensor(HIDDEN, dtype=dtype, device=padding.device),
        Tensor(0.0, dtype=dtype, device=padding.device),
    )
    causal = causal_mask(total_length, dtype, padding.device)[past_length:]  # [seq, total]
    return F.unsqueeze(F.unsqueeze(hidden, 1), 1) + causal  # [batch, 1, seq, total]
    # end


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
    # hint: Steps 08 and 16 in one; only the mask comes from outside. Padding is kept in the cache
    #   like all else: the mask hides it every time.
    # hint: `F.concat([past.keys, key], axis=2)`; `query @ key.transpose(-1, -2)`, times
    #   `attention.head_dim**-0.5`.
    # hint: `F.softmax(scores + mask) @ value`; then merge_heads, and c_proj around it.
    # solution
    if past is not None:
        key = F.concat([past.keys, key], axis=2)  # [batch, n_head, past + seq, head_dim]
        value = F.concat([past.values, value], axis=2)
    scores = query @ key.transpose(-1, -2) * attention.head_dim**-0.5  # [batch, n_head, seq, total]
    attended = F.softmax(scores + mask) @ value  # [batch, n_head, seq, head_dim]
    return attention.c_proj(attention.merge_heads(attended)), KVCache(key, value)
    # end


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
        # hint: The functions of TODOs 2 and 3 want padding, past_length and total_length. All
        #   layers share one mask.
        # hint: `F.gather(stack.wpe.weight, positions, axis=0)` takes positions [batch, seq_length]
        #   as well, and gives each token its row of the table.
        # hint: `for layer, block in enumerate(stack.h)`: attend_with_mask, with block.attn,
        #   block.ln_1(x), mask, and this layer's part of the cache or None; two residuals; append.
        # solution
        positions = padded_positions(padding, past_length, total_length)  # [batch, seq]
        x = stack.wte(input_ids) + F.gather(stack.wpe.weight, positions, axis=0)
        mask = padded_mask(padding, past_length, total_length, x.dtype)
        new_cache = []
        for layer, block in enumerate(stack.h):
            past = cache[layer] if cache else None
            attended, kept = attend_with_mask(block.attn, block.ln_1(x), mask, past)
            x = x + attended  # [batch, seq, n_embd]
            x = x + block.mlp(block.ln_2(x))
            new_cache.append(kept)
        return self.lm_head(stack.ln_f(x)), new_cache
        # end


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
    # hint: The model reads on in all rows, for a batch is a rectangle. What it says of a row that
    #   has ended goes nowhere.
    # hint: A row's token is `new_ids[row : row + 1]`, [1, 1], and `.item()` is its id. The
    #   padding stays what it was in the beginning.
    # hint: `if len(ended) == len(texts): break`, then `logits, cache = model(new_ids, padding,
    #   cache)`. For the rows: `if row in ended: continue`.
    # solution
    new_ids, padding = pad_left(texts)
    cache: list[KVCache] | None = None
    written, ended = list(texts), set[int]()
    for _ in range(max_new_tokens):
        if len(ended) == len(texts):
            break
        logits, cache = model(new_ids, padding, cache)
        new_ids = choose_tokens(logits, temperature, do_sample)  # [batch, 1]
        for row in range(len(texts)):
            if row in ended:
                continue
            token = new_ids[row : row + 1]  # [1, 1]
            written[row] = F.concat([written[row], token], axis=1)
            if eos_token_id is not None and token.item() == eos_token_id:
                ended.add(row)
    return written
    # end
