"use strict";

// Step 13: the likeliest next tokens at every position of a text.

play.parts.likeliest = (root, { text }) => {
    const { table, body } = play.table("What the model expects after each token, the likeliest first");
    play.live(root, {
        title: "The next token, everywhere",
        about: "One pass scores what follows at every position. Where the text goes on as expected, the expectation is marked.",
        text,
        hasTokens: false,
        output: table,
        async look({ ids, tokens }) {
            const positions = await storyteller.ask("look", "likeliest", ids, 3);
            const cell = ([id, share], i) =>
                play.shareCell(tokens[id], share, { class: id === ids[i + 1] && "play-came" });
            const rows = positions.map((best, i) =>
                play.row(play.visible(tokens[ids[i]]), ...best.map((each) => cell(each, i))),
            );
            body.replaceChildren(...rows);
            const right = positions.filter(([[id]], i) => id === ids[i + 1]).length;
            return `${right} of ${ids.length - 1} following tokens were the model's first guess.`;
        },
    });
};
