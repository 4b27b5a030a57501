"use strict";

// Step 07: the query of one token against the keys of all that it may see.

play.parts.query = (root, { text }) => {
    const { element, visible } = play;
    const output = element("div", {});
    let layer, head;
    play.live(root, {
        title: "One query, all keys",
        about: "Choose a token, a layer and a head. Below each token: its key's dot product with the chosen token's query.",
        text,
        controls: (config, refresh) => {
            layer = play.numbered(root, "layer", config.n_layer, refresh);
            head = play.numbered(root, "head", config.n_head, refresh);
            return [layer.element, head.element];
        },
        output,
        async look({ ids, at, tokens, row }) {
            const products = await storyteller.ask("look", "query", ids, at, layer.chosen(), head.chosen());
            row.note(ids.map((_, i) => (i <= at ? products[i].toFixed(1) : "–")));
            const largest = Math.max(...products.map(Math.abs));
            const best = play.order(products)[0];
            const says = `Dot products with the keys of tokens 0 to ${at}`;
            output.replaceChildren(play.vector(products, largest, says));
            return (
                `The query of “${visible(tokens[ids[at]])}”, token ${at}, fits the key of ` +
                `“${visible(tokens[ids[best]])}”, token ${best}, best: ${products[best].toFixed(1)}.`
            );
        },
    });
};
