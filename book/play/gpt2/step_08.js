"use strict";

/**
 * Step 08: scaled dot-product attention of one head, with the causal mask.
 *
 * `query` is [seq, head_dim], `key` and `value` are [keys, head_dim]: those of the cache come first.
 * Returns the weights [seq, keys], which the pages draw, and the attended values [seq, head_dim].
 */
function compute_attention(query, key, value, head_dim) {
    const [seq_length, key_length] = [query.length / head_dim, key.length / head_dim];
    const scale = head_dim ** -0.5;
    const mask = causal_mask(seq_length, key_length);
    const scores = matmul_transposed(query, key, head_dim).map((score, i) => score * scale + mask[i]);
    const weights = softmax(scores, key_length);
    return { weights, attended: matmul(weights, value, head_dim) };
}
