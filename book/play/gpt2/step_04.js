"use strict";

/** GELU in its tanh form, with which GPT-2 was trained. */
function gelu(x) {
    return x.map((v) => (v / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))));
}

/** Step 04: the feed-forward network: widen, bend, narrow. */
class GPT2MLP {
    constructor(weights) {
        this.c_fc = new Linear(under(weights, "c_fc"));
        this.c_proj = new Linear(under(weights, "c_proj"));
    }

    /** Transform `x` [seq, n_embd] token by token; the shape stays. */
    forward(x) {
        return this.c_proj.forward(gelu(this.c_fc.forward(x)));
    }
}
