"""Step 16: the KV cache.

All that attention needs of an earlier token are its keys and values, and they never change: no
token sees what comes after it. Whoever keeps them can read each token once.

Check your work: `pixi run s16` (or `./run s16`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from max.dtype import DType
from max.experimental import functional as F
from max.experimental.tensor import Tensor
from max.graph import StaticDim

from solutions.solution_02 import causal_mask
from solutions.solution_09 import GPT2MultiHeadAttention
from solutions.solution_13 import GPT2LMHeadModel
from solutions.solution_14 import generate_next_token


class KVCache(NamedTuple):
    """What one layer keeps of the tokens so far: [batch, n_head, past_length, head_dim] each."""

    keys: Tensor
    values: Tensor


def compute_cached_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention of the last tokens of a text: softmax(query key^T / sqrt(head_dim) + mask) value.

    ``query`` [..., seq_length, head_dim] is of the new tokens alone; ``key`` and ``value``
    [..., past_length + seq_length, head_dim] are of all tokens, the new ones at the end. A new
    token sees all that came before it, and itself.

    Returns:
        [..., seq_length, head_dim]: the last rows of what step 08 gives for the whole text.
    """
    seq_length, head_dim = query.shape[-2], int(query.shape[-1])
    total_length = key.shape[-2]
    past_length = total_length - seq_length

    # TODO 1: attend as in step 08, with fewer queries than keys.
    #   scores: [..., seq_length, total_length], scaled
    #   mask: of step 02, for total_length tokens; of its rows, one for each token that looks,
    #     only those of the new tokens  [seq_length, total_length]
    #   Return what the softmax of their sum collects of the values.
    raise NotImplementedError("step 16, TODO 1: attend as in step 08, with fewer queries than keys")


def attend(
    attention: GPT2MultiHeadAttention, x: Tensor, past: KVCache | None
) -> tuple[Tensor, KVCache]:
    """Step 09 for new tokens ``x`` [batch, seq_length, n_embd], with what is kept of earlier ones.

    Returns:
        What ``attention`` gives for the new tokens [batch, seq_length, n_embd], and the keys and
        values of all tokens so far. ``past`` stays as it is; None stands for no earlier tokens.
    """
    n_embd = attention.n_head * attention.head_dim
    query, key, value = (
        attention.split_heads(part) for part in F.split(attention.c_attn(x), [n_embd] * 3, axis=-1)
    )  # [batch, n_head, seq, head_dim]

    # TODO 2: remember.
    #   key and value: where there is a past, its keys and its values with those of the new
    #     tokens behind them  [batch, n_head, past_length + seq_length, head_dim]
    #   attended: what compute_cached_attention gives for query, key and value
    #   Return attended with its heads merged and projected, as in step 09, and a KVCache of
    #   key and value.
    raise NotImplementedError("step 16, TODO 2: remember")


class CachedGPT2(GPT2LMHeadModel):
    """Step 13's model, with its layers and parameters, which reads only what is new of a text."""

    def forward(
        self, input_ids: Tensor, cache: list[KVCache] | None = None
    ) -> tuple[Tensor, list[KVCache]]:
        """Score ``input_ids`` [batch, seq_length] int64, which go on from what ``cache`` is of.

        ``cache`` has a KVCache for each layer. None stands for a text that begins here.

        Returns:
            Logits [batch, seq_length, vocab_size] of what follows each new token, and the cache
            of all tokens so far. The cache that was given stays as it is.

        Raises:
            ValueError: earlier and new tokens together are more than ``n_positions``.
        """
        stack = self.transformer
        seq_length = input_ids.shape[1]

        # TODO 3: go on counting.
        #   past_length: how many tokens the cache holds, 0 where there is none
        #   total_length: past_length + seq_length
        #   Raise a ValueError that names total_length and stack.n_positions if total_length is
        #     known (a StaticDim, or an int) and larger: the cache is full.
        #   positions: past_length, past_length + 1, ..., total_length - 1: int64, on the device
        #     of input_ids  [seq_length]
        raise NotImplementedError("step 16, TODO 3: go on counting")

        # TODO 4: run the layers, each with its own part of the cache.
        #   x: the token vectors of input_ids plus the vectors of positions, which are rows of
        #     stack.wpe.weight  [batch, seq_length, n_embd]
        #   new_cache: an empty list at first. Then for each block of stack.h:
        #     attend, with block.attn, block.ln_1(x), and this layer's part of the cache, or None
        #     add what it attended to x; then the second residual, around block.mlp, as in step 11
        #     append the layer's new KVCache to new_cache
        #   Return the logits, by stack.ln_f and self.lm_head, and new_cache.
        raise NotImplementedError("step 16, TODO 4: run the layers, each with its own part of the cache")


def generate_with_cache(
    model: Callable[[Tensor, list[KVCache] | None], tuple[Tensor, list[KVCache]]],
    input_ids: Tensor,
    max_new_tokens: int = 10,
    temperature: float = 1.0,
    do_sample: bool = True,
    eos_token_id: int | None = None,
) -> Tensor:
    """Continue ``input_ids`` [1, seq_length] int64 by n tokens: [1, seq_length + n] int64.

    What comes out is what ``generate_tokens`` of step 14 gives, but the model reads each token
    once, and the last one not at all. ``model`` maps new ids and a cache, or None, to the new
    ids' logits and the next cache. Raises what the model raises.
    """
    cache: list[KVCache] | None = None

    def read(new_ids: Tensor) -> Tensor:
        """Logits of what follows ``new_ids`` [1, seq_length], and of all that was read before."""
        nonlocal cache
        # TODO 5: read on.
        #   Ask the model about new_ids and the cache, keep the cache that it gives back, and
        #   return the logits.
        raise NotImplementedError("step 16, TODO 5: read on")

    # TODO 6: generate token after token.
    #   The loop of step 14, with one difference: `read` is to generate_next_token what the model
    #   was there, and is asked about what it has not read yet.
    #
    #   generated_tokens: starts as input_ids, the prompt
    #   new_ids: starts as input_ids, too
    #
    #   Then, max_new_tokens times:
    #     next_token: ask generate_next_token for what follows new_ids, by `read`; pass
    #       temperature and do_sample on to it
    #     new_ids: the token as a row of one column  [1, 1]
    #     generated_tokens: itself and new_ids, joined along axis 1
    #     if the token is eos_token_id, stop; eos_token_id may be None.
    #
    #   Return generated_tokens.
    raise NotImplementedError("step 16, TODO 6: generate token after token")
