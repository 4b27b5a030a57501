"use strict";

/**
 * Step 02: the causal mask. Row i is the token that looks, column j the token it looks at.
 *
 * Rows are the last `seq_length` of the `key_length` tokens: those before them are in the cache.
 * Returns [seq_length, key_length]: 0 where the column is not after the row's token, else -Infinity.
 */
function causal_mask(seq_length, key_length) {
    const mask = new Float32Array(seq_length * key_length);
    const past = key_length - seq_length;
    for (let i = 0; i < seq_length; i++) mask.fill(-Infinity, i * key_length + past + i + 1, (i + 1) * key_length);
    return mask;
}
