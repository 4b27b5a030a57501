"use strict";

// Step 05: the tokens of a text, and those whose vectors are nearest to a token's.

play.parts.neighbours = (root, { text }) => {
    const { visible } = play;
    const SHOWN = 8;
    const { table, show } = play.bars("Nearest by cosine", SHOWN);
    play.live(root, {
        title: "Neighbours of a token",
        about: "Each token with its id. Choose one: the tokens whose vectors point most nearly the same way.",
        text,
        output: table,
        async look({ ids, at, tokens }) {
            const near = await storyteller.ask("look", "neighbours", ids, at, SHOWN);
            show(near.map(([id, cosine]) => [visible(tokens[id]), cosine]), (cosine) => cosine.toFixed(2));
            const [first] = near;
            return `Nearest to “${visible(tokens[ids[at]])}”, id ${ids[at]}, is “${visible(tokens[first[0]])}”.`;
        },
    });
};
