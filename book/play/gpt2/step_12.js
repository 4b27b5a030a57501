"use strict";

/** Step 12: the stack: embeddings, blocks, and a last norm. */
class GPT2Model {
    constructor(config, weights) {
        this.n_positions = config.n_positions;
        this.wte = new GPT2Embeddings(under(weights, "wte"), config.n_embd);
        this.wpe = new GPT2PositionEmbeddings(under(weights, "wpe"), config.n_embd);
        const block = (_, layer) => new GPT2Block(config, under(weights, `h.${layer}`));
        this.h = Array.from({ length: config.n_layer }, block);
        this.ln_f = new LayerNorm(under(weights, "ln_f"), config.layer_norm_epsilon);
    }

    /** Read `input_ids` [seq], which follow those in the cache: [seq, n_embd]. */
    forward(input_ids, cache) {
        const past = cache.length;
        if (past + input_ids.length > this.n_positions)
            throw new RangeError(`${past + input_ids.length} tokens do not fit into a context of ${this.n_positions}`);
        let x = add(this.wte.forward(input_ids), this.wpe.forward(past, input_ids.length));
        cache.watch(0, past, x);
        this.h.forEach((block, layer) => {
            x = block.forward(x, cache.layers[layer]);
            cache.watch(layer + 1, past, x);
        });
        return this.ln_f.forward(x);
    }
}
