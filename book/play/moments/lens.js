"use strict";

// Step 12: what the model would say if it ended after the embeddings, or after each layer.

/** `show(layers, tokens)` draws the likeliest tokens [id, share] of each place. */
play.lensTable = () => {
    const { table, body } = play.table("The likeliest next tokens, if the model ended there");
    const name = (place) => (place ? `layer ${place - 1}` : "embeddings");
    function show(layers, tokens) {
        const cells = layers.map((likeliest) => likeliest.map(([id, share]) => play.shareCell(tokens[id], share)));
        body.replaceChildren(...cells.map((each, place) => play.row(name(place), ...each)));
    }
    return { table, show };
};

play.parts.lens = (root, { text }) => {
    const { table, show } = play.lensTable();
    play.live(root, {
        title: "Logit lens",
        about: "Choose a token. The head of step 13 reads what is in the residual stream after each layer.",
        text,
        output: table,
        async look({ ids, at, tokens }) {
            const layers = await storyteller.ask("lens", ids, at, 3);
            show(layers, tokens);
            const best = layers.map(([[id]]) => id);
            const settled = best.findLastIndex((id) => id !== best.at(-1)) + 1;
            const since = settled ? `layer ${settled - 1}` : "the embeddings";
            const [after, said] = [ids[at], best.at(-1)].map((id) => `“${play.visible(tokens[id])}”`);
            return `After ${after} the model says ${said}, from ${since} on.`;
        },
    });
};
