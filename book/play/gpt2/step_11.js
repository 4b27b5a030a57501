"use strict";

/** Step 11: the transformer block: first the tokens exchange, then each of them thinks. */
class GPT2Block {
    constructor(config, weights) {
        this.ln_1 = new LayerNorm(under(weights, "ln_1"), config.layer_norm_epsilon);
        this.attn = new GPT2MultiHeadAttention(config, under(weights, "attn"));
        this.ln_2 = new LayerNorm(under(weights, "ln_2"), config.layer_norm_epsilon);
        this.mlp = new GPT2MLP(under(weights, "mlp"));
    }

    /** Transform `x` [seq, n_embd]; the shape stays. */
    forward(x, cache) {
        x = add(x, this.attn.forward(this.ln_1.forward(x), cache));
        cache.watch(x);
        return add(x, this.mlp.forward(this.ln_2.forward(x)));
    }
}
