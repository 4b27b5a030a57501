"""The sizes of the small GPT-2 that the checks run.

No two of them are equal, nor equal to the batch, the sequence, head_dim (5) or what c_attn puts out (15 and 60), so
that a swapped axis shows; the large epsilon shows where it is added.
"""

SIZES = {
    "vocab_size": 37,
    "n_positions": 48,
    "n_embd": 20,
    "n_layer": 2,
    "n_head": 4,
    "n_inner": 28,
    "layer_norm_epsilon": 0.1,
}
