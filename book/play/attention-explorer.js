"use strict";

// Attention explorer: for one token of a sentence, how much each head of each layer takes from
// that token and from those before it.

play.parts["attention-explorer"] = (root, { sentences }) => {
    const { element, visible } = play;
    const FULL = 2 ** 16 - 1; // a weight of 1
    const COLUMNS = 4; // heads of a layer stand side by side
    const whole = (weight) => `${Math.round(100 * weight)} %`;

    let sentence, from, layer, head, tokens, heads;

    /** The weights of token `from` on itself and on the tokens before it. Of each map the lower triangle is stored. */
    function weights(layer, head) {
        const length = sentence.tokens.length;
        const map = ((layer * sentence.n_head + head) * length * (length + 1)) / 2;
        const start = map + (from * (from + 1)) / 2;
        return Array.from(sentence.numbers.subarray(start, start + from + 1), (number) => number / FULL);
    }

    function open(index) {
        const { n_layer, n_head } = sentences[index];
        sentence = { ...sentences[index], numbers: play.decode(sentences[index].weights, Uint16Array) };
        from = sentence.tokens.length - 1;
        layer = head = 0;
        tokens = sentence.tokens.map((token, i) => {
            const choose = () => ((from = i), update());
            const weight = element("small", {});
            const button = element("button", { type: "button", click: choose, focus: choose, pointerenter: choose });
            button.append(element("code", {}, visible(token)), weight);
            return { button, weight };
        });
        heads = Array.from({ length: n_layer * n_head }, (_, i) => {
            const choose = () => (([layer, head] = [Math.floor(i / n_head), i % n_head]), update());
            const bars = element("span", { class: "play-spark", "aria-hidden": "true" });
            bars.append(...sentence.tokens.map(() => element("span")));
            const most = element("small", {});
            const button = element("button", { type: "button", click: choose, focus: choose });
            button.append(bars, most);
            return { button, bars, most };
        });
        tokenRow.replaceChildren(...tokens.map(({ button }) => button));
        headGrid.replaceChildren(...heads.map(({ button }) => button));
        play.roving(tokens.map(({ button }) => button), tokens.length)(from);
        play.roving(heads.map(({ button }) => button), COLUMNS)(0);
        update();
    }

    function update() {
        const chosen = weights(layer, head);
        tokens.forEach(({ button, weight }, i) => {
            button.setAttribute("aria-pressed", i === from);
            button.style.setProperty("--weight", chosen[i] ?? 0);
            weight.textContent = i <= from ? whole(chosen[i]) : "–";
        });
        heads.forEach(({ button, bars, most }, i) => {
            const [itsLayer, itsHead] = [Math.floor(i / sentence.n_head), i % sentence.n_head];
            const its = weights(itsLayer, itsHead);
            const to = its.indexOf(Math.max(...its));
            [...bars.children].forEach((bar, j) => (bar.style.height = `${100 * (its[j] ?? 0)}%`));
            most.textContent = `${itsLayer}.${itsHead} ${visible(sentence.tokens[to])}`;
            button.setAttribute("aria-pressed", itsLayer === layer && itsHead === head);
            button.setAttribute(
                "aria-label",
                `Layer ${itsLayer}, head ${itsHead}: most to “${sentence.tokens[to]}”, ${whole(its[to])}`,
            );
        });
        const order = chosen.map((_, i) => i).sort((a, b) => chosen[b] - chosen[a]);
        const list = order.slice(0, 3).map((i) => `“${visible(sentence.tokens[i])}” (${whole(chosen[i])})`);
        summary.textContent =
            `Layer ${layer}, head ${head}: “${visible(sentence.tokens[from])}”, token ${from}, ` +
            `takes most from ${list.join(", ")}.`;
    }

    const tokenRow = element("div", { class: "play-tokens", role: "group", "aria-label": "Tokens" });
    const headGrid = element("div", { class: "play-heads", role: "group", "aria-label": "Heads, one row a layer" });
    const summary = element("p", { role: "status" });
    const texts = sentences.map(({ tokens }) => tokens.join(""));
    root.setAttribute("aria-label", "Attention explorer");
    root.append(
        element("p", { class: "play-title" }, "Attention explorer"),
        play.select("attention-explorer-sentence", "Sentence", texts, open),
        element(
            "p",
            {},
            "Point at a token, or walk with the arrow keys. Below each token: what the chosen head takes from it.",
        ),
        tokenRow,
        summary,
        element(
            "p",
            {},
            "Choose a head: one row a layer, named layer.head. The bars are its weights on the tokens from left to " +
                "right, and the token beside the name gets most.",
        ),
        headGrid,
    );
    open(0);
};
