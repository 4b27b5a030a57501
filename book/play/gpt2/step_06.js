"use strict";

/** Step 06: position embeddings, a table with a vector for each position. */
class GPT2PositionEmbeddings {
    constructor(weights, n_embd) {
        this.n_embd = n_embd;
        this.weight = weights("weight"); // [n_positions, n_embd]
    }

    /** The vectors of positions `past`, `past` + 1, ... of as many tokens: [seq_length, n_embd]. */
    forward(past, seq_length) {
        return this.weight.subarray(past * this.n_embd, (past + seq_length) * this.n_embd);
    }
}
