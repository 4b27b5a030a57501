"use strict";

// The operations that the steps take from MAX. A tensor is a Float32Array with its rows one after
// another; sums are in float64, as all arithmetic in JavaScript.

/**
 * x [rows, size] times the transposed w [columns, size]: [rows, columns].
 *
 * Two rows and four columns at a time, so that a number that was read is used more than once; the last one of an odd
 * number of rows, such as a new token, alone. At the edge the last column is computed again, which is cheaper than a
 * loop of its own.
 */
function matmul_transposed(x, w, size) {
    const [rows, columns] = [x.length / size, w.length / size];
    const y = new Float32Array(rows * columns);
    for (let j = 0; j < columns; j += 4) {
        const j1 = Math.min(j + 1, columns - 1), j2 = Math.min(j + 2, columns - 1), j3 = Math.min(j + 3, columns - 1);
        const w0 = j * size, w1 = j1 * size, w2 = j2 * size, w3 = j3 * size;
        let i = 0;
        for (; i + 1 < rows; i += 2) {
            const x0 = i * size, x1 = x0 + size;
            let a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
            for (let k = 0; k < size; k++) {
                const a = x[x0 + k], b = x[x1 + k];
                const c0 = w[w0 + k], c1 = w[w1 + k], c2 = w[w2 + k], c3 = w[w3 + k];
                a0 += a * c0;
                a1 += a * c1;
                a2 += a * c2;
                a3 += a * c3;
                b0 += b * c0;
                b1 += b * c1;
                b2 += b * c2;
                b3 += b * c3;
            }
            const y0 = i * columns, y1 = y0 + columns;
            y[y0 + j] = a0;
            y[y0 + j1] = a1;
            y[y0 + j2] = a2;
            y[y0 + j3] = a3;
            y[y1 + j] = b0;
            y[y1 + j1] = b1;
            y[y1 + j2] = b2;
            y[y1 + j3] = b3;
        }
        if (i < rows) {
            const x0 = i * size, y0 = i * columns;
            let a0 = 0, a1 = 0, a2 = 0, a3 = 0;
            for (let k = 0; k < size; k++) {
                const a = x[x0 + k];
                a0 += a * w[w0 + k];
                a1 += a * w[w1 + k];
                a2 += a * w[w2 + k];
                a3 += a * w[w3 + k];
            }
            y[y0 + j] = a0;
            y[y0 + j1] = a1;
            y[y0 + j2] = a2;
            y[y0 + j3] = a3;
        }
    }
    return y;
}

/** x [rows, size] times w [size, columns]: [rows, columns]. */
function matmul(x, w, columns) {
    const size = w.length / columns;
    const rows = x.length / size;
    const y = new Float32Array(rows * columns);
    for (let i = 0; i < rows; i++) {
        const row = new Float64Array(columns);
        for (let k = 0; k < size; k++) {
            const factor = x[i * size + k];
            if (factor === 0) continue; // what the mask has closed
            for (let j = 0; j < columns; j++) row[j] += factor * w[k * columns + j];
        }
        y.set(row, i * columns);
    }
    return y;
}

/** Each row of x [rows, size] as shares of 1; the shape stays. */
function softmax(x, size) {
    const y = new Float32Array(x.length);
    for (let start = 0; start < x.length; start += size) {
        let largest = -Infinity;
        for (let i = start; i < start + size; i++) if (x[i] > largest) largest = x[i];
        let total = 0;
        for (let i = start; i < start + size; i++) total += y[i] = Math.exp(x[i] - largest);
        for (let i = start; i < start + size; i++) y[i] /= total;
    }
    return y;
}

/** The weights whose names begin with `prefix`: a function from the rest of the name to the weight. */
function under(weights, prefix) {
    return (name) => weights(`${prefix}.${name}`);
}

/** A linear layer. The checkpoint stores its weight as Conv1D does: [in_dim, out_dim]. */
class Linear {
    constructor(weights) {
        this.bias = weights("bias"); // [out_dim]
        const weight = weights("weight");
        const [out_dim, in_dim] = [this.bias.length, weight.length / this.bias.length];
        this.in_dim = in_dim;
        this.weight = weight.map((_, i) => weight[(i % in_dim) * out_dim + Math.floor(i / in_dim)]); // transposed
    }

    /** Map `x` [seq, in_dim] to [seq, out_dim]. */
    forward(x) {
        const y = matmul_transposed(x, this.weight, this.in_dim);
        return y.map((value, i) => value + this.bias[i % this.bias.length]);
    }
}
