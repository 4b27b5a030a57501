"use strict";

/** Step 09: multi-head attention. Each head looks at the same tokens in its own way. */
class GPT2MultiHeadAttention {
    constructor(config, weights) {
        this.n_head = config.n_head;
        this.head_dim = config.head_dim;
        this.c_attn = new Linear(under(weights, "c_attn"));
        this.c_proj = new Linear(under(weights, "c_proj"));
    }

    /** [seq, n_embd] -> for each head [seq, head_dim]. */
    split_heads(x) {
        const { n_head, head_dim } = this;
        return Array.from({ length: n_head }, (_, head) => {
            const part = new Float32Array(x.length / n_head);
            for (let i = 0; i < part.length / head_dim; i++) {
                const start = (i * n_head + head) * head_dim;
                part.set(x.subarray(start, start + head_dim), i * head_dim);
            }
            return part;
        });
    }

    /** For each head [seq, head_dim] -> [seq, n_embd]. */
    merge_heads(heads) {
        const { n_head, head_dim } = this;
        const x = new Float32Array(n_head * heads[0].length);
        heads.forEach((part, head) => {
            for (let i = 0; i < part.length / head_dim; i++)
                x.set(part.subarray(i * head_dim, (i + 1) * head_dim), (i * n_head + head) * head_dim);
        });
        return x;
    }

    /** Let the tokens of `x` [seq, n_embd] attend to each other and to those in the cache; the shape stays. */
    forward(x, cache) {
        const [query, key, value] = split_qkv(this.c_attn.forward(x), this.n_head * this.head_dim);
        cache.extend(this.split_heads(key), this.split_heads(value));
        const attended = this.split_heads(query).map((query, head) => {
            const { weights, attended } = compute_attention(query, cache.key(head), cache.value(head), this.head_dim);
            cache.keep(head, weights);
            return attended;
        });
        return this.c_proj.forward(this.merge_heads(attended));
    }
}
