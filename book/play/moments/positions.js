"use strict";

// Step 06: how alike the vectors of positions are, and what the model says of a text that stands further on.

play.parts.positions = (root, { text }) => {
    const { element } = play;
    const SHIFTS = [0, 1, 10, 100];
    const picture = element("div", {});
    const { table, body } = play.table("The likeliest next tokens, if the text began at another position");
    const output = element("div", {}, picture, table);
    play.live(root, {
        title: "Positions, and a text that is shifted",
        about: "Choose a token: a bar for each position, pointing up where its vector is like that of the token's position.",
        text,
        output,
        async look({ ids, at, tokens, config }) {
            const cosines = await storyteller.ask("look", "positions", ids, at);
            const label = `Cosines of position ${at} with positions 0 to ${cosines.length - 1}`;
            picture.replaceChildren(play.vector(cosines, 1, label));
            const shifts = SHIFTS.filter((shift) => ids.length + shift <= config.n_positions);
            const said = await Promise.all(shifts.map((shift) => storyteller.ask("look", "shifted", ids, shift)));
            const rows = said.map((shares, i) => {
                const best = play.order(shares).slice(0, 3);
                return play.row(`at ${shifts[i]}`, ...best.map((id) => play.shareCell(tokens[id], shares[id])));
            });
            body.replaceChildren(...rows);
            const nearest = play.order(cosines).filter((other) => other !== at)[0];
            return `Most like position ${at} is position ${nearest}: cosine ${cosines[nearest].toFixed(2)}.`;
        },
    });
};
