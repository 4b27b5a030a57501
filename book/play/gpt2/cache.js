"use strict";

/** Keys and values of the tokens that were read, so that each token is computed once; of one layer. */
class LayerCache {
    constructor({ n_head, n_positions, head_dim }) {
        const heads = (size) => Array.from({ length: n_head }, () => new Float32Array(size));
        this.head_dim = head_dim;
        this.n_positions = n_positions;
        this.length = 0; // tokens
        this.keys = heads(n_positions * head_dim);
        this.values = heads(n_positions * head_dim);
        // To be looked at: how each token attended, and the residual stream between the two sublayers.
        this.weights = heads(n_positions * n_positions);
        this.middle = new Float32Array(n_positions * n_head * head_dim);
    }

    /** Append a key and a value of each head for each new token. */
    extend(keys, values) {
        const past = this.length * this.head_dim;
        keys.forEach((key, head) => this.keys[head].set(key, past));
        values.forEach((value, head) => this.values[head].set(value, past));
        this.length += keys[0].length / this.head_dim;
    }

    key(head) {
        return this.keys[head].subarray(0, this.length * this.head_dim);
    }

    value(head) {
        return this.values[head].subarray(0, this.length * this.head_dim);
    }

    /** Keep the residual stream of the newest tokens after attention. */
    watch(x) {
        this.middle.set(x, this.length * (this.middle.length / this.n_positions) - x.length);
    }

    /** Keep the attention weights [seq, length] of the newest tokens. */
    keep(head, weights) {
        const past = this.length - weights.length / this.length;
        for (let i = past; i < this.length; i++) {
            const row = weights.subarray((i - past) * this.length, (i - past + 1) * this.length);
            this.weights[head].set(row, i * this.n_positions);
        }
    }
}

/** What the model remembers of the tokens that it has read. */
class KVCache {
    constructor(config) {
        this.n_embd = config.n_embd;
        this.layers = Array.from({ length: config.n_layer }, () => new LayerCache(config));
        // The residual stream after the embeddings and after each block: to be looked at.
        const size = config.n_positions * config.n_embd;
        this.streams = Array.from({ length: config.n_layer + 1 }, () => new Float32Array(size));
    }

    get length() {
        return this.layers[0].length;
    }

    /** Forget all tokens but the first `length`. */
    cut(length) {
        for (const layer of this.layers) layer.length = length;
    }

    watch(place, past, x) {
        this.streams[place].set(x, past * this.n_embd);
    }
}
