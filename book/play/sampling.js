"use strict";

// From the scores of the next token to the token that is drawn, as in step 14.

/** softmax(logits / temperature), in float64. At temperature 0 the likeliest token has all: greedy. */
play.softmax = (logits, temperature) => {
    const largest = logits.reduce((a, b) => Math.max(a, b));
    if (temperature === 0) {
        const first = logits.indexOf(largest);
        return Array.from(logits, (_, token) => (token === first ? 1 : 0));
    }
    const weights = Array.from(logits, (logit) => Math.exp((logit - largest) / temperature)); // none overflows
    const total = weights.reduce((a, b) => a + b);
    return weights.map((weight) => weight / total);
};

/** All tokens, the likeliest first. */
play.order = (logits) => Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a]);

/**
 * The probabilities of the k likeliest tokens, and of these of the likeliest that together hold at
 * least p; those of the others are 0, and the sum is 1 again. `order` has the likeliest token first.
 */
play.cutOff = (probabilities, order, k, p) => {
    const candidates = order.slice(0, k);
    const all = candidates.reduce((sum, token) => sum + probabilities[token], 0);
    const kept = [];
    let sum = 0;
    for (const token of candidates) {
        if (p < 1 && sum >= p * all) break; // rounded, the sum may reach all of it too early
        kept.push(token);
        sum += probabilities[token];
    }
    const result = probabilities.map(() => 0);
    for (const token of kept) result[token] = probabilities[token] / sum;
    return result;
};

/** In nats: 0 where one token is certain, ln(n) where n tokens are equally likely. */
play.entropy = (probabilities) => -probabilities.reduce((sum, p) => (p > 0 ? sum + p * Math.log(p) : sum), 0);

/** The token that a random number from 0 to 1 falls on. */
play.draw = (probabilities, random) => {
    let left = random;
    const token = probabilities.findIndex((probability) => (left -= probability) < 0);
    return token >= 0 ? token : probabilities.findLastIndex((probability) => probability > 0); // rounding
};
