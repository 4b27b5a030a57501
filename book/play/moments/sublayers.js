"use strict";

// Step 10: how much each sublayer adds to a token's vector.

play.parts.sublayers = (root, { text }) => {
    const columns = ["stream before", "attention adds", "feed-forward adds"];
    const { table, body } = play.table("Lengths of vectors", columns);
    play.live(root, {
        title: "What each sublayer adds",
        about: "Choose a token: how long its vector is before each layer, and how long what is added to it.",
        text,
        output: table,
        async look({ ids, at, tokens }) {
            const layers = await storyteller.ask("look", "sublayers", ids, at);
            const rows = layers.map(({ stream, attention, mlp }, layer) =>
                play.row(`layer ${layer}`, ...[stream, attention, mlp].map((length) => length.toFixed(1))),
            );
            body.replaceChildren(...rows);
            const added = layers.flatMap(({ attention, mlp }) => [attention, mlp]);
            const most = added.indexOf(Math.max(...added));
            const name = most % 2 ? "feed-forward network" : "attention";
            return `To “${play.visible(tokens[ids[at]])}” the ${name} of layer ${Math.floor(most / 2)} adds most.`;
        },
    });
};
