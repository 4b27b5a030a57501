"use strict";

// Temperature lab: what temperature, top-k and top-p make of the scores of the next token. The scores
// after the prompts are stored, to be seen before the model is awake; after all other texts it is asked.

play.parts["temperature-lab"] = (root, { tokens, prompts, logits: base64 }) => {
    const { element, visible, percent } = play;
    const END = tokens.indexOf("<|endoftext|>");
    const stored = play.decode(base64, Float32Array);
    const rowOf = new Map(prompts.map((ids, row) => [ids.join(), row]));

    let prompt = prompts[0];
    let added = [];
    let logits;

    /** The model's scores after a text, if its context is not full. */
    async function scores(ids) {
        const { config } = await wake.open();
        return ids.length < config.n_positions ? storyteller.ask("scores", ids, ids.length - 1) : undefined;
    }

    function show(newest) {
        logits = newest;
        distribution.show(logits);
        sample.disabled = !logits;
    }

    const text = element("p", { class: "play-text" });
    const message = element("p", { role: "status" });
    const sample = element("button", { type: "button", click: append }, "Sample the next token");
    const takeBack = () => restart(prompt, added.slice(0, -1));
    const back = element("button", { type: "button", click: takeBack }, "Take it back");
    const again = element("button", { type: "button", click: () => restart(prompt, []) }, "Start again");
    const wake = play.wake(() => fetchScores());
    wake.place.hidden = true; // until a text is drawn whose scores are not stored
    const distribution = play.distribution("temperature-lab", tokens, () => {});

    function append() {
        if (!logits) return; // they are on their way
        const { token, probability } = distribution.draw(logits);
        added.push(token);
        message.textContent = `Drawn: “${visible(tokens[token])}”, whose probability was ${percent(probability)}.`;
        if (token === END) message.textContent += " It is the model's sign for the end of a text. It can begin another.";
        update();
    }

    function restart(newPrompt, newlyAdded) {
        prompt = newPrompt;
        added = newlyAdded;
        message.textContent = "";
        update();
        if (!added.length && back === document.activeElement) sample.focus();
    }

    const fetchScores = play.newest(async () => {
        const ids = [...prompt, ...added];
        let newest;
        try {
            newest = await scores(ids);
        } catch {
            if (!logits) distribution.show(undefined); // wake.place says why, and offers to try again
            return;
        }
        if (ids.join() !== [...prompt, ...added].join()) return; // it is about another text by now
        show(newest);
        if (!logits) message.textContent += ` The context of ${ids.length} tokens is full.`;
    });

    function update() {
        text.replaceChildren(
            prompt.map((token) => tokens[token]).join(""),
            ...added.map((token) => element("ins", {}, tokens[token])),
        );
        back.disabled = again.disabled = !added.length;
        logits = undefined;
        const row = rowOf.get([...prompt, ...added].join());
        if (row === undefined) fetchScores();
        else show(stored.subarray(row * tokens.length, (row + 1) * tokens.length)); // though the model is being fetched
    }

    const spelled = prompts.map((ids) => ids.map((token) => tokens[token]).join(""));
    root.setAttribute("aria-label", "Temperature lab");
    root.append(
        element("p", { class: "play-title" }, "Temperature lab"),
        play.select("temperature-lab-prompt", "Prompt", spelled, (index) => restart(prompts[index], [])),
        ...distribution.controls,
        text,
        element("p", { class: "play-buttons" }, sample, " ", back, " ", again),
        message,
        wake.place,
        distribution.shown,
    );
    update();
};
