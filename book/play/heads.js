"use strict";

// All heads of the model, a row a layer, to choose one from: what each takes from the tokens of a text.

/** A bar for each of some shares of 1, from left to right, as one picture. */
play.spark = (shares) => {
    const bars = shares.map((share, i) => `M${i} 1v${-share}h0.9v${share}z`).join("");
    const box = { viewBox: `0 0 ${shares.length} 1`, preserveAspectRatio: "none", class: "play-spark" };
    return play.svg("svg", { ...box, "aria-hidden": "true" }, play.svg("path", { d: bars }));
};

/**
 * `show(heads, tokens)` draws what a token takes from each token of the text, of which `heads` has [n_layer][n_head][seq];
 * `chosen` is [layer, head], `choose(layer, head)` sets it, and `onChange` hears when a reader does.
 */
play.headGrid = ({ n_layer, n_head }, onChange) => {
    const { element, visible } = play;
    const whole = (weight) => `${Math.round(100 * weight)} %`;
    const chosen = [0, 0];
    const grid = element("div", { class: "play-heads", role: "group", "aria-label": "Heads, one row for each layer" });
    grid.style.setProperty("--heads", n_head);
    const parts = Array.from({ length: n_layer * n_head }, (_, i) => {
        const [layer, head] = [Math.floor(i / n_head), i % n_head];
        const select = () => {
            if (chosen[0] === layer && chosen[1] === head) return;
            choose(layer, head);
            onChange();
        };
        const place = element("span", {});
        const most = element("small", {});
        const button = element("button", { type: "button", click: select, focus: select });
        button.append(place, most);
        return { layer, head, button, place, most };
    });
    const buttons = parts.map(({ button }) => button);
    grid.append(...buttons);
    const stop = play.roving(buttons, n_head);

    function choose(...place) {
        [chosen[0], chosen[1]] = place;
        for (const { layer, head, button } of parts)
            button.setAttribute("aria-pressed", layer === chosen[0] && head === chosen[1]);
        stop(chosen[0] * n_head + chosen[1]);
    }

    function show(heads, tokens) {
        for (const { layer, head, button, place, most } of parts) {
            const weights = Array.from(tokens, (_, i) => heads[layer][head][i] ?? 0);
            const to = weights.indexOf(Math.max(...weights));
            place.replaceChildren(play.spark(weights));
            most.textContent = `${layer}.${head} ${visible(tokens[to])}`;
            const says = `Layer ${layer}, head ${head}: most to “${tokens[to]}”, ${whole(weights[to])}`;
            button.setAttribute("aria-label", says);
        }
    }

    choose(0, 0);
    return { grid, chosen, choose, show, whole };
};

/** What the token at `from` takes of most, as a sentence. */
play.takesMost = (weights, tokens, from, [layer, head]) => {
    const order = Array.from(weights.keys()).sort((a, b) => weights[b] - weights[a]);
    const list = order.slice(0, 3).map((i) => `“${play.visible(tokens[i])}” (${Math.round(100 * weights[i])} %)`);
    return (
        `Layer ${layer}, head ${head}: “${play.visible(tokens[from])}”, token ${from}, ` +
        `takes most from ${list.join(", ")}.`
    );
};
