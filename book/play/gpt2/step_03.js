"use strict";

/** Step 03: layer normalization, of each token's vector by itself. */
class LayerNorm {
    constructor(weights, eps) {
        this.eps = eps;
        this.weight = weights("weight"); // [dim]
        this.bias = weights("bias"); // [dim]
    }

    /** Normalize the last axis of `x` [seq, dim]; the shape stays. */
    forward(x) {
        const dim = this.weight.length;
        const y = new Float32Array(x.length);
        for (let start = 0; start < x.length; start += dim) {
            let mean = 0;
            for (let i = 0; i < dim; i++) mean += x[start + i] / dim;
            let variance = 0;
            for (let i = 0; i < dim; i++) variance += (x[start + i] - mean) ** 2 / dim;
            const scale = 1 / Math.sqrt(variance + this.eps);
            for (let i = 0; i < dim; i++)
                y[start + i] = (x[start + i] - mean) * scale * this.weight[i] + this.bias[i];
        }
        return y;
    }
}
