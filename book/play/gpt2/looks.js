"use strict";

/** The cosine of the angle between two vectors: 1 where they point the same way. */
function cosine(a, b) {
    let [product, aa, bb] = [0, 0, 0];
    for (let i = 0; i < a.length; i++) {
        product += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return product / Math.sqrt(aa * bb);
}

/** What the chapters look at inside the model, on a text that a reader has read, which may have read on. */
class Looks {
    constructor(reader, ids) {
        this.reader = reader;
        this.ids = ids;
        this.model = reader.model;
        this.blocks = reader.model.transformer.h;
    }

    /** Row `position` of an array with a vector for each position. */
    row(array, position) {
        const { n_embd } = this.model.config;
        return array.subarray(position * n_embd, (position + 1) * n_embd);
    }

    /** The cosines of a row of a table with each of its rows: [length]. */
    cosines(table, index, length) {
        const own = this.row(table, index);
        return Array.from({ length }, (_, other) => cosine(own, this.row(table, other)));
    }

    /** The shares of what follows the text, which the model reads anew as it is just now: [vocab_size]. */
    following() {
        const { config } = this.model;
        const logits = this.model.forward(this.ids, new KVCache(config));
        return softmax(logits.slice(-config.vocab_size), config.vocab_size);
    }

    /** Step 02: the shares of what follows the text, [vocab_size], with the mask closed and with it open. */
    mask() {
        const closed_mask = causal_mask;
        causal_mask = (seq_length, key_length) => new Float32Array(seq_length * key_length);
        try {
            return { closed: this.reader.shares(this.ids.length - 1), open: this.following() };
        } finally {
            causal_mask = closed_mask;
        }
    }

    /** Step 03: a token's vector before and after the first norm of a layer, each [n_embd]. */
    norm(position, layer) {
        const before = this.row(this.reader.cache.streams[layer], position).slice();
        return { before, after: this.blocks[layer].ln_1.forward(before) };
    }

    /** Step 04: how strongly each token of the text lights up each unit of a layer: for each token [4 * n_embd]. */
    units(layer) {
        const { ln_2, mlp } = this.blocks[layer];
        const { middle } = this.reader.cache.layers[layer];
        return this.ids.map((_, position) => gelu(mlp.c_fc.forward(ln_2.forward(this.row(middle, position)))));
    }

    /** Step 05: the tokens whose vectors point most nearly the way of this one's: [id, cosine], the nearest first. */
    neighbours(position, count) {
        const { weight } = this.model.transformer.wte;
        const id = this.ids[position];
        return likeliest(this.cosines(weight, id, this.model.config.vocab_size), count + 1).filter(([other]) => other !== id);
    }

    /** Step 06: the cosines of a position's vector with those of all positions: [n_positions]. */
    positions(position) {
        const { weight } = this.model.transformer.wpe;
        return this.cosines(weight, position, this.model.config.n_positions);
    }

    /** Step 06: the shares of what follows the text if it stood `shift` positions further on: [vocab_size]. */
    shifted(shift) {
        const { transformer } = this.model;
        const { wpe } = transformer;
        transformer.wpe = { forward: (past, seq_length) => wpe.forward(past + shift, seq_length) };
        try {
            return this.following();
        } finally {
            transformer.wpe = wpe;
        }
    }

    /** Step 07: the query of a token with the keys of a head, of it and of those before it: [position + 1]. */
    query(position, layer, head) {
        const { attn, ln_1 } = this.blocks[layer];
        const { n_embd } = this.model.config;
        const x = this.row(this.reader.cache.streams[layer], position);
        const [query] = split_qkv(attn.c_attn.forward(ln_1.forward(x)), n_embd);
        const keys = this.reader.cache.layers[layer].key(head).subarray(0, (position + 1) * attn.head_dim);
        return matmul_transposed(attn.split_heads(query)[head], keys, attn.head_dim);
    }

    /** Step 10: for each layer, the lengths of the stream before it and of what its two sublayers add. */
    sublayers(position) {
        const length = (x) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
        const { streams, layers } = this.reader.cache;
        return layers.map(({ middle }, layer) => {
            const [before, between, after] = [streams[layer], middle, streams[layer + 1]].map((x) => this.row(x, position));
            const less = (x, y) => length(x.map((value, i) => value - y[i]));
            return { stream: length(before), attention: less(between, before), mlp: less(after, between) };
        });
    }

    /** Step 13: for each position the likeliest tokens of what follows: [id, share]. */
    likeliest(count) {
        return this.ids.map((_, position) => likeliest(this.reader.shares(position), count));
    }
}
