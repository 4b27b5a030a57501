"use strict";

/** Step 10: the residual connection. A sublayer does not replace a token's vector, it adds to it. */
function add(x, y) {
    return x.map((value, i) => value + y[i]);
}
