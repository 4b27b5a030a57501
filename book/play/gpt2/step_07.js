"use strict";

/**
 * Step 07: queries, keys and values. They are one projection, `c_attn`; here it is cut in three.
 *
 * `qkv` is [seq, 3 * n_embd]; returns [query, key, value], each [seq, n_embd].
 */
function split_qkv(qkv, n_embd) {
    const seq_length = qkv.length / (3 * n_embd);
    return [0, 1, 2].map((third) => {
        const part = new Float32Array(seq_length * n_embd);
        for (let i = 0; i < seq_length; i++) {
            const start = (3 * i + third) * n_embd;
            part.set(qkv.subarray(start, start + n_embd), i * n_embd);
        }
        return part;
    });
}
