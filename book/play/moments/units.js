"use strict";

// Step 04: which units of a feed-forward network a token lights up, and which tokens light up the strongest.

play.parts.units = (root, { text }) => {
    const { visible } = play;
    const SHOWN = 8;
    const { table, body } = play.table("The units that it lights up most", ["after GELU", "of this text, most for"]);
    let layer;
    play.live(root, {
        title: "Units that light up",
        about: "Choose a token and a layer: its units with the largest activations, and the tokens that move each most.",
        text,
        controls: (config, refresh) => [(layer = play.numbered(root, "layer", config.n_layer, refresh)).element],
        output: table,
        async look({ ids, at, tokens }) {
            const units = await storyteller.ask("look", "units", ids, layer.chosen());
            const rows = play.order(units[at]).slice(0, SHOWN).map((unit) => {
                const column = units.map((activations) => activations[unit]);
                const most = play.order(column).slice(0, 3).map((i) => `“${visible(tokens[ids[i]])}”`);
                return play.row(`unit ${unit}`, units[at][unit].toFixed(2), [...new Set(most)].join(" "));
            });
            body.replaceChildren(...rows);
            const lit = units[at].filter((activation) => activation > 0).length;
            const all = units[at].length;
            return `“${visible(tokens[ids[at]])}” lights up ${lit} of ${all} units: the others are at or below 0.`;
        },
    });
};
