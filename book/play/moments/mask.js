"use strict";

// Step 02: what the model says after a text, with the mask closed as it was trained, and with it open.

play.parts.mask = (root, { text }) => {
    const { element, visible } = play;
    const SHOWN = 5;
    const [closed, open] = ["Mask closed, as in training", "Mask open"].map((name) => play.bars(name, SHOWN));
    play.live(root, {
        title: "The mask, opened",
        about: "The same weights, the same text. With the mask open, every token also takes from those that come after it.",
        text,
        hasTokens: false,
        output: element("div", {}, closed.table, open.table),
        async look({ ids, tokens }) {
            const said = await storyteller.ask("look", "mask", ids);
            const best = (shares) => play.order(shares).slice(0, SHOWN).map((id) => [visible(tokens[id]), shares[id]]);
            closed.show(best(said.closed));
            open.show(best(said.open));
            const distance = said.closed.reduce((sum, share, i) => sum + Math.abs(share - said.open[i]) / 2, 0);
            return `Opening the mask moves ${play.percent(distance)} of the probability to other tokens.`;
        },
    });
};
