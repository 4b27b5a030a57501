"""The model of step 13 with the paged key-value cache of MAX's server.

A server's batch changes with every token: texts arrive, grow and end. So nothing is padded here. The new tokens of
all texts are concatenated, and the keys and values of a text are in pages of memory that MAX assigns to it.
"""

from max import tree
from max.driver import CPU
from max.dtype import DType
from max.experimental import functional as F
from max.experimental.nn.common_layers.functional_kernels import flash_attention_ragged, store_k_cache_ragged
from max.experimental.tensor import Tensor
from max.nn.attention import MHAMaskVariant
from max.nn.kernels import store_v_cache_ragged as _store_v_cache_ragged
from max.nn.kv_cache import KVCacheInputsPerDevice, KVCacheParams, PagedCacheValues
from max.pipelines.lib import ModuleV3Outputs

from solutions.solution_01 import GPT2Config
from solutions.solution_09 import GPT2MultiHeadAttention
from solutions.solution_13 import GPT2LMHeadModel

store_v_cache_ragged = F.functional(_store_v_cache_ragged)


class PagedGPT2(GPT2LMHeadModel):
    """Step 13's model, with its layers and weights, which reads earlier tokens from MAX's paged cache."""

    def __init__(self, config: GPT2Config, kv_params: KVCacheParams) -> None:
        super().__init__(config)
        self.kv_params = kv_params

    def forward(self, tokens: Tensor, return_n_logits: Tensor, offsets: Tensor, *cache: Tensor) -> ModuleV3Outputs:
        """Compute the logits of what follows each text, and store the new tokens' keys and values in its pages.

        Args:
            tokens: [tokens] int64, the new tokens of all texts, concatenated.
            return_n_logits: not used, because only the logits of each text's last token are returned.
            offsets: [batch + 1] uint32, at which index of ``tokens`` each text begins, and where the last one ends.
            cache: the cache, split into the values that a graph of MAX takes.

        Returns:
            Logits [batch, vocab_size] float32.
        """
        (pages,) = tree.leaves(
            self.kv_params.unflatten_kv_inputs(part._graph_value for part in cache), leaf=KVCacheInputsPerDevice
        )
        stack = self.transformer
        positions = positions_of(tokens, offsets, Tensor.from_graph_value(pages.cache_lengths))
        x = stack.wte(tokens) + F.gather(stack.wpe.weight, positions, axis=0)  # [tokens, n_embd]
        for layer, block in enumerate(stack.h):
            x = x + attend(block.attn, block.ln_1(x), offsets, pages, layer, self.kv_params)
            x = x + block.mlp(block.ln_2(x))
        last = F.gather(x, offsets[1:].cast(DType.int64) - 1, axis=0)  # [batch, n_embd]
        return ModuleV3Outputs(next_token_logits=self.lm_head(stack.ln_f(last)).cast(DType.float32))


def positions_of(tokens: Tensor, offsets: Tensor, past: Tensor) -> Tensor:
    """The position of each new token in its text [tokens]. The cache has ``past`` [batch] tokens of each text."""
    offsets = offsets.cast(DType.int64)
    starts = offsets[:-1]
    index = F.arange(0, tokens.shape[0], dtype=DType.int64, device=tokens.device)
    shifts = F.repeat_interleave(
        F.rebind(past.cast(DType.int64), starts.shape) - starts, offsets[1:] - starts, axis=0, out_dim=tokens.shape[0]
    )
    return index + shifts


def attend(
    attention: GPT2MultiHeadAttention,
    x: Tensor,
    offsets: Tensor,
    pages: PagedCacheValues,
    layer: int,
    kv_params: KVCacheParams,
) -> Tensor:
    """Step 9 for the new tokens ``x`` [tokens, n_embd]; earlier tokens have their keys and values in ``pages``."""
    tokens, n_embd = x.shape
    query, key, value = (
        part.reshape([tokens, attention.n_head, attention.head_dim])
        for part in F.split(attention.c_attn(x), [n_embd] * 3, axis=-1)
    )
    index = F.constant(layer, DType.uint32, device=CPU())
    store_k_cache_ragged(pages, key, offsets, index)
    store_v_cache_ragged(pages, value, offsets, index)
    attended = flash_attention_ragged(
        kv_params,
        input=query,
        input_row_offsets=offsets,
        kv_collection=pages,
        layer_idx=index,
        mask_variant=MHAMaskVariant.CAUSAL_MASK,
        scale=attention.head_dim**-0.5,
    )  # [tokens, n_head, head_dim]
    return attention.c_proj(attended.reshape([tokens, n_embd]))
