"use strict";

// Where next: the same tokens written with a cache and without one.

play.parts.cache = (root, { text }) => {
    const NEW_TOKENS = 30;
    const caption = `${NEW_TOKENS} new tokens, the likeliest each time`;
    const { table, body } = play.table(caption, ["tokens computed", "milliseconds"]);

    /** Write tokens: how many were computed for it, in what time, and what came out. */
    async function written(ids, count, hasCache) {
        const start = performance.now();
        let computed = 0;
        await storyteller.ask("forget");
        for (let i = 0; i < count; i++) {
            if (!hasCache) await storyteller.ask("forget");
            computed += ids.length - (await storyteller.ask("read", ids)).known;
            const logits = await storyteller.ask("scores", ids, ids.length - 1);
            ids = [...ids, play.order(logits)[0]];
        }
        return { ids, computed, milliseconds: performance.now() - start };
    }

    play.live(root, {
        title: "The cache at work",
        about: "Below the text: how many tokens pass through the model to write on from it, with a cache and without.",
        text,
        hasTokens: false,
        output: table,
        async look({ ids, config }) {
            const count = Math.min(NEW_TOKENS, config.n_positions - ids.length);
            const runs = { "with a cache": await written(ids, count, true), without: await written(ids, count, false) };
            const rows = Object.entries(runs).map(([name, { computed, milliseconds }]) =>
                play.row(name, `${computed}`, milliseconds.toFixed(0)),
            );
            body.replaceChildren(...rows);
            const [first, second] = Object.values(runs).map((run) => run.ids.join());
            return first === second ? "Both write the same text." : "The two texts differ.";
        },
    });
};
