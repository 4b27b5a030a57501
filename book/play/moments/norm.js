"use strict";

// Step 03: a token's vector before and after the first norm of a layer.

play.parts.norm = (root, { text }) => {
    const { element } = play;
    const output = element("div", {});
    let layer;
    const mean = (x) => x.reduce((sum, value) => sum + value, 0) / x.length;
    const spread = (x) => Math.sqrt(mean(x.map((value) => (value - mean(x)) ** 2)));
    const figures = (x) => `mean ${mean(x).toFixed(2)}, standard deviation ${spread(x).toFixed(2)}`;
    play.live(root, {
        title: "A vector before and after",
        about: "Choose a token and a layer: the numbers of its vector, as they come to the norm and as they leave it.",
        text,
        controls: (config, refresh) => [(layer = play.numbered(root, "layer", config.n_layer, refresh)).element],
        output,
        async look({ ids, at, tokens }) {
            const { before, after } = await storyteller.ask("look", "norm", ids, at, layer.chosen());
            const pictures = Object.entries({ Before: before, After: after }).flatMap(([name, x]) => {
                const largest = Math.max(...x.map(Math.abs));
                const says = `${name}: ${figures(x)}, largest ${largest.toFixed(2)}`;
                return [element("p", {}, says), play.vector(x, largest, says)];
            });
            output.replaceChildren(...pictures);
            return `The ${before.length} numbers of “${play.visible(tokens[ids[at]])}”, token ${at}.`;
        },
    });
};
