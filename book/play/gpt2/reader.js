"use strict";

/** The most likely of some shares: [id, share], the largest first. */
function likeliest(shares, count) {
    const order = Array.from(shares.keys()).sort((a, b) => shares[b] - shares[a]);
    return order.slice(0, count).map((id) => [id, shares[id]]);
}

/** The model at work on one text: what it makes of the text is kept, and only what is new is computed. */
class Reader {
    constructor(model) {
        this.model = model;
        this.cache = new KVCache(model.config);
        this.ids = [];
        this.probabilities = []; // of each token, before it was read
        this.logits = new Float32Array(model.config.n_positions * model.config.vocab_size);
    }

    /**
     * Read a text. Returns how many of its first tokens were `known`, as the text before began with them, and the
     * `probabilities` that the model gave to each token before it read it: null to the first, before which is nothing.
     */
    read(ids) {
        const { n_positions, vocab_size } = this.model.config;
        if (ids.length > n_positions)
            throw new RangeError(`${ids.length} tokens do not fit into a context of ${n_positions}`);
        const differs = ids.findIndex((id, i) => id !== this.ids[i]);
        const known = differs < 0 ? ids.length : differs;
        if (known < ids.length) {
            this.forget(known);
            const following = ids.slice(known);
            this.logits.set(this.model.forward(following, this.cache), known * vocab_size);
            const probability = (id, i) => (known + i ? this.shares(known + i - 1)[id] : null);
            this.probabilities.push(...following.map(probability));
            this.ids = ids;
        }
        return { known, probabilities: this.probabilities.slice(0, ids.length) };
    }

    /** Forget all tokens but the first `length`. */
    forget(length) {
        this.cache.cut(length);
        this.ids = this.ids.slice(0, length);
        this.probabilities = this.probabilities.slice(0, length);
    }

    /** The scores of what follows the token at `position`: [vocab_size]. */
    scores(position) {
        const { vocab_size } = this.model.config;
        return this.logits.slice(position * vocab_size, (position + 1) * vocab_size);
    }

    shares(position) {
        return softmax(this.scores(position), this.model.config.vocab_size);
    }

    /** How the token at `position` attends in each head of each layer: [n_layer][n_head][position + 1]. */
    attention(position) {
        const start = position * this.model.config.n_positions;
        return this.cache.layers.map(({ weights }) => weights.map((head) => head.slice(start, start + position + 1)));
    }

    /** The logit lens: what the model would say after `position` if the embeddings, or a layer, were the last. */
    lens(position, count) {
        const { n_embd, vocab_size } = this.model.config;
        const { ln_f } = this.model.transformer;
        return this.cache.streams.map((stream) => {
            const hidden = ln_f.forward(stream.subarray(position * n_embd, (position + 1) * n_embd));
            return likeliest(softmax(this.model.lm_head(hidden), vocab_size), count);
        });
    }
}
