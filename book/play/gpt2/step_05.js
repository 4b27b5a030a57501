"use strict";

/** Step 05: token embeddings, a table with a vector for each token of the vocabulary. */
class GPT2Embeddings {
    constructor(weights, n_embd) {
        this.n_embd = n_embd;
        this.weight = weights("weight"); // [vocab_size, n_embd]
    }

    /** Look up `input_ids` [seq]: [seq, n_embd]. */
    forward(input_ids) {
        const x = new Float32Array(input_ids.length * this.n_embd);
        input_ids.forEach((id, i) => {
            x.set(this.weight.subarray(id * this.n_embd, (id + 1) * this.n_embd), i * this.n_embd);
        });
        return x;
    }
}
