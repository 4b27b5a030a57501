"use strict";

/** Step 13: the complete GPT-2: ids in, a score for every possible next token out. */
class GPT2LMHeadModel {
    constructor(config, weights) {
        this.config = config;
        this.transformer = new GPT2Model(config, under(weights, "transformer"));
    }

    /** Score `hidden` [seq, n_embd] against the table of token embeddings: logits [seq, vocab_size]. */
    lm_head(hidden) {
        return matmul_transposed(hidden, this.transformer.wte.weight, this.config.n_embd);
    }

    /** Score `input_ids` [seq], which follow those in the cache: logits [seq, vocab_size]. */
    forward(input_ids, cache) {
        return this.lm_head(this.transformer.forward(input_ids, cache));
    }
}
