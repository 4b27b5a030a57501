"use strict";

// Attention explorer: for one token of a text, how much each head of each layer takes from that token
// and from those before it. For two sentences it is stored; for the reader's own the model is asked.

play.parts["attention-explorer"] = (root, { sentences }) => {
    const { element } = play;
    const FULL = 2 ** 16 - 1; // a weight of 1
    let text; // { tokens, attention(from) }, which gives [n_layer][n_head][from + 1]

    /** A sentence whose weights are in the page: of each map the lower triangle. */
    function stored({ tokens, n_layer, n_head, weights }) {
        const numbers = play.decode(weights, Uint16Array);
        const size = (tokens.length * (tokens.length + 1)) / 2;
        const row = (map, from) => {
            const start = map * size + (from * (from + 1)) / 2;
            return Array.from(numbers.subarray(start, start + from + 1), (number) => number / FULL);
        };
        const heads = (layer, from) => Array.from({ length: n_head }, (_, head) => row(layer * n_head + head, from));
        return { tokens, attention: (from) => Array.from({ length: n_layer }, (_, layer) => heads(layer, from)) };
    }

    function open(opened) {
        text = opened;
        tokenRow.show(text.tokens, text.tokens.map(() => ""), text.tokens.length - 1);
        update();
    }

    const update = play.newest(async () => {
        const asked = text;
        const from = tokenRow.at();
        const weights = await asked.attention(from);
        if (asked !== text) return; // the next round is for that
        const [layer, head] = heads.chosen;
        const chosen = weights[layer][head];
        tokenRow.note(text.tokens.map((_, i) => (i <= from ? heads.whole(chosen[i]) : "–")));
        tokenRow.mark(chosen, "attention");
        heads.show(weights, text.tokens);
        summary.textContent = play.takesMost(chosen, text.tokens, from, heads.chosen);
    });

    const write = play.newest(async () => {
        const { tokens, config } = await wake.open();
        const ids = await storyteller.ask("encode", field.value);
        if (!ids.length) return;
        if (ids.length > config.n_positions)
            summary.textContent = `${ids.length} tokens do not fit into a context of ${config.n_positions}.`;
        else
            open({
                tokens: ids.map((id) => tokens[id]),
                attention: (from) => storyteller.ask("attention", ids, from),
            });
    });
    const wake = play.wake(() => write());
    wake.place.hidden = true; // until the reader writes

    const tokenRow = play.tokenRow("Tokens", () => update());
    const heads = play.headGrid(sentences[0], () => update());
    const summary = element("p", { role: "status" });
    const id = "attention-explorer-text";
    const field = element("input", { type: "text", id, autocomplete: "off", input: () => write().catch(() => {}) });
    const texts = sentences.map(({ tokens }) => tokens.join(""));
    root.setAttribute("aria-label", "Attention explorer");
    root.append(
        element("p", { class: "play-title" }, "Attention explorer"),
        play.select("attention-explorer-sentence", "Sentence", texts, (index) => open(stored(sentences[index]))),
        element("p", { class: "play-field" }, element("label", { for: id }, "or your own text"), " ", field),
        wake.place,
        element(
            "p",
            {},
            "Choose a token, by click or with the arrow keys. Below each token: what the chosen head takes from it.",
        ),
        tokenRow.row,
        summary,
        element(
            "p",
            {},
            "Choose a head: one row for each layer, named layer.head. The bars are its weights on the tokens from left to " +
                "right, and the token beside the name gets most.",
        ),
        heads.grid,
    );
    open(stored(sentences[0]));
};
