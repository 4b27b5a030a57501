"use strict";

// The playground: a text of the reader's own, and everything that the model makes of it. The model is
// fetched when the reader first types or presses a button.

play.parts.playground = (root, { text }) => {
    const { element, visible, percent, address } = play;
    const SURPRISED = 10; // bits, the strongest colour: a probability of 1 in 1,024
    const LENS = 3; // tokens of each layer

    let model; // its config and tokens, once it is awake
    let ids = [];
    let isTyped = true; // else the model has written, and the field takes the text from the tokens
    let wanted; // the token that the address wants to be looked at
    let writing; // a promise, while the model writes
    let isStopped = false;

    const field = element("textarea", { id: "playground-text", rows: 4, spellcheck: "false", input: () => type() });
    const button = (name, onClick) => element("button", { type: "button", click: onClick }, name);
    const write = button("Write", () => (writing ? (isStopped = true) : begin(Infinity)));
    const step = button("One token", () => begin(1));
    const back = button("Take one back", () => takeBack());
    const says = element("p", { role: "status" });
    const tokenRow = play.tokenRow("Tokens of the text", () => look());
    const following = element("p", {});
    const attention = element("p", { role: "status" });
    const lens = play.lensTable();
    const parts = element("div", {});
    let distribution, heads; // they need the model's sizes

    const wake = play.wake((awake, hadFocus) => {
        model = awake;
        distribution = play.distribution("playground", model.tokens, () => remember());
        heads = play.headGrid(model.config, () => look());
        arrange();
        recall();
        if (hadFocus) field.focus();
        encode();
    });

    function arrange() {
        const paragraph = (text) => element("p", {}, text);
        const heading = (text) => element("h2", {}, text);
        parts.append(
            heading("Tokens"),
            paragraph(
                "Below each token are its id, and how likely the model had thought it before reading it. The stronger the " +
                    "colour, the more it was surprised. Choose a token, by click or with the arrow keys: everything below " +
                    "is about that token.",
            ),
            tokenRow.row,
            heading("What comes next"),
            following,
            ...distribution.controls,
            distribution.shown,
            heading("Where its heads look"),
            paragraph(
                "One row for each layer, named layer.head. The bars are the weights on the tokens from left to right, and the " +
                    "token beside the name gets most.",
            ),
            attention,
            heads.grid,
            heading("What each layer would say"),
            lens.table,
        );
    }

    // What the address says, and what it is told

    function recall() {
        const said = address.read();
        const { vocab_size, n_layer, n_head, n_positions } = model.config;
        distribution.choose({
            temperature: address.number(said.temperature, 0, 5) ?? 1,
            k: Math.round(address.number(said.k, 1, vocab_size) ?? vocab_size),
            p: address.number(said.p, 0.05, 1) ?? 1,
        });
        const place = (text, count) => Math.floor(address.number(text, 0, count - 1) ?? 0);
        heads.choose(place(said.layer, n_layer), place(said.head, n_head));
        wanted = address.number(said.token, 0, n_positions - 1);
    }

    function remember() {
        const { temperature, k, p } = distribution.chosen;
        const unless = (usual, value) => (value === usual ? undefined : value);
        const [layer, head] = heads.chosen;
        address.write({
            text: field.value,
            temperature: unless(1, temperature),
            k: unless(model.config.vocab_size, k),
            p: unless(1, p),
            token: unless(ids.length - 1, tokenRow.chosen()),
            layer: unless(0, layer),
            head: unless(0, head),
        });
    }

    async function follow() {
        if (!("text" in address.read())) return; // a heading of the page
        isStopped = true;
        await writing;
        field.value = address.read().text;
        if (!model) return;
        recall();
        await type();
    }

    // The text: typed, or written by the model

    function type() {
        isTyped = true;
        return encode();
    }

    const encode = play.newest(async () => {
        await wake.open().catch(() => {}); // wake.place says what is wrong
        if (!model) return;
        ids = await storyteller.ask("encode", field.value);
        await update();
    });

    function takeBack() {
        isTyped = false;
        ids = ids.slice(0, -1);
        return update();
    }

    async function begin(count) {
        await wake.open().catch(() => {});
        if (!model) return;
        if (isTyped) await encode(); // the text may be newer than its tokens
        if (writing) return; // since a second click
        if (!ids.length || ids.length > model.config.n_positions) return; // says why already
        writing = go(count);
        let news;
        try {
            news = await writing;
        } catch (error) {
            news = error.message;
        }
        writing = undefined;
        field.readOnly = false;
        write.textContent = "Write";
        await update();
        says.textContent = news;
    }

    /** Let the model write tokens until it is stopped, says the end, or its context is full. Returns what to say. */
    async function go(count) {
        const { n_positions } = model.config;
        const END = model.tokens.indexOf("<|endoftext|>");
        const before = ids.length;
        let drawn;
        isTyped = isStopped = false;
        field.readOnly = back.disabled = true;
        write.textContent = "Stop";
        const start = performance.now();
        while (!isStopped && ids.length < Math.min(before + count, n_positions) && drawn !== END) {
            drawn = distribution.draw(await storyteller.ask("scores", ids, ids.length - 1)).token;
            ids = [...ids, drawn];
            drawSoon();
        }
        const written = ids.length - before;
        const speed = written / ((performance.now() - start) / 1000);
        let news = written === 1 ? "1 token written." : `${written} tokens written, ${Math.round(speed)} a second.`;
        if (drawn === END) news += " The model says that the text ends here, and can go on with another one.";
        if (ids.length === n_positions) news += ` The context of ${n_positions} tokens is full.`;
        return news;
    }

    // What is seen of it

    let drawing;
    function drawSoon() {
        drawing ??= setTimeout(() => {
            drawing = undefined;
            update();
        }, 100);
    }

    /** Draw everything that depends on the text. */
    const update = play.newest(async () => {
        const { tokens, config } = model;
        const drawn = ids;
        const fits = drawn.length > 0 && drawn.length <= config.n_positions;
        parts.hidden = !fits;
        write.disabled = step.disabled = !writing && (!fits || drawn.length === config.n_positions);
        back.disabled = drawn.length === 0 || writing !== undefined;
        if (!drawn.length) says.textContent = "Write a text. After <|endoftext|> the model begins one of its own.";
        else if (!fits) says.textContent = `${drawn.length} tokens do not fit into a context of ${config.n_positions}.`;
        if (!fits) {
            if (!isTyped) field.value = "";
            return;
        }
        const { text, probabilities, milliseconds } = await storyteller.ask("read", drawn);
        if (isTyped) says.textContent = `${drawn.length} tokens, read in ${milliseconds.toFixed(0)} ms.`;
        else field.value = text;
        const notes = drawn.map((id, i) => `${id} · ${i ? percent(probabilities[i]) : "–"}`);
        tokenRow.show(drawn.map((id) => tokens[id]), notes, Math.min(wanted ?? Infinity, drawn.length - 1));
        wanted = undefined;
        tokenRow.mark(probabilities.map((each) => Math.min(-Math.log2(each ?? 1) / SURPRISED, 1)), "surprise");
        if (!writing) await look();
    });

    /** Draw everything that depends on the chosen token. */
    const look = play.newest(async () => {
        const { tokens } = model;
        const [looked, at] = [ids, Math.min(tokenRow.at(), ids.length - 1)];
        const [logits, weights, layers] = await Promise.all([
            storyteller.ask("scores", looked, at),
            storyteller.ask("attention", looked, at),
            storyteller.ask("lens", looked, at, LENS),
        ]);
        const name = `After “${visible(tokens[looked[at]])}”, token ${at}`;
        const isLast = at === looked.length - 1;
        following.textContent = isLast ? `${name}, the last one:` : `${name}. “${visible(tokens[looked[at + 1]])}” came.`;
        distribution.show(logits);
        const seen = looked.slice(0, at + 1).map((id) => tokens[id]);
        heads.show(weights, seen);
        const [layer, head] = heads.chosen;
        attention.textContent = play.takesMost(weights[layer][head], seen, at, heads.chosen);
        lens.show(layers, tokens);
        remember();
    });

    field.value = address.read().text ?? text;
    back.disabled = true;
    parts.hidden = true;
    root.setAttribute("aria-label", "Playground");
    root.append(
        element("p", { class: "play-title" }, element("label", { for: field.id }, "Text")),
        field,
        element("p", { class: "play-buttons" }, write, " ", step, " ", back),
        wake.place,
        says,
        parts,
    );
    window.addEventListener("hashchange", follow);
};
