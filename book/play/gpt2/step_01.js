"use strict";

/** Step 01: the model configuration, from the checkpoint's config.json. */
class GPT2Config {
    constructor({ vocab_size, n_positions, n_embd, n_layer, n_head, layer_norm_epsilon }) {
        Object.assign(this, { vocab_size, n_positions, n_embd, n_layer, n_head, layer_norm_epsilon });
    }

    get head_dim() {
        if (this.n_embd % this.n_head !== 0)
            throw new RangeError(`n_embd ${this.n_embd} is not a multiple of n_head ${this.n_head}`);
        return this.n_embd / this.n_head;
    }
}
