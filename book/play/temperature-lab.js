"use strict";

// Temperature lab: the scores of the next token after some texts, and what temperature, top-k and
// top-p make of them.

/** softmax(logits / temperature), in float64. The largest exponent is 0, so that nothing overflows. */
play.softmax = (logits, temperature) => {
    const largest = logits.reduce((a, b) => Math.max(a, b));
    const weights = Array.from(logits, (logit) => Math.exp((logit - largest) / temperature));
    const total = weights.reduce((a, b) => a + b);
    return weights.map((weight) => weight / total);
};

/**
 * The probabilities of the k likeliest tokens, and of these of the likeliest that together hold at
 * least p; those of the others are 0, and the sum is 1 again. `order` has the likeliest token first.
 */
play.cutOff = (probabilities, order, k, p) => {
    const candidates = order.slice(0, k);
    const all = candidates.reduce((sum, token) => sum + probabilities[token], 0);
    const kept = [];
    let sum = 0;
    for (const token of candidates) {
        if (p < 1 && sum >= p * all) break; // rounded, the sum may reach all of it too early
        kept.push(token);
        sum += probabilities[token];
    }
    const result = probabilities.map(() => 0);
    for (const token of kept) result[token] = probabilities[token] / sum;
    return result;
};

/** In nats: 0 where one token is certain, ln(n) where n tokens are equally likely. */
play.entropy = (probabilities) => -probabilities.reduce((sum, p) => (p > 0 ? sum + p * Math.log(p) : sum), 0);

/** The token that a random number from 0 to 1 falls on. */
play.draw = (probabilities, random) => {
    let left = random;
    const token = probabilities.findIndex((probability) => (left -= probability) < 0);
    return token >= 0 ? token : probabilities.findLastIndex((probability) => probability > 0); // rounding
};

play.parts["temperature-lab"] = (root, { tokens, prompts, texts, logits: base64 }) => {
    const { element, visible, percent } = play;
    const SHOWN = 12;
    const count = (number) => number.toLocaleString("en"); // 1,024
    const END = tokens.indexOf("<|endoftext|>");
    const logits = play.decode(base64, Float32Array);
    const rowOf = new Map(texts.map((text, row) => [text.join(), row]));

    let prompt = prompts[0];
    let added = [];
    const chosen = { temperature: 1, k: tokens.length, p: 1 };

    /** The scores after the text as it stands; undefined where the page has none. */
    function scores() {
        const row = rowOf.get([...prompt, ...added].join());
        return row === undefined ? undefined : logits.subarray(row * tokens.length, (row + 1) * tokens.length);
    }

    function distribution() {
        const now = scores();
        const order = tokens.map((_, token) => token).sort((a, b) => now[b] - now[a]);
        return { order, probabilities: play.cutOff(play.softmax(now, chosen.temperature), order, chosen.k, chosen.p) };
    }

    /** A slider over `values`, and a field for any number between the first and the last of them. */
    function control(name, label, values, step) {
        const id = `temperature-lab-${name}`;
        const limits = { min: values[0], max: values.at(-1) };
        const number = element("input", { type: "number", "aria-label": `${label}, as a number`, step, ...limits });
        const slider = element("input", { type: "range", id, min: 0, max: values.length - 1 });
        const set = (value) => {
            chosen[name] = value;
            const distance = values.map((other) => Math.abs(other - value));
            slider.value = distance.indexOf(Math.min(...distance));
            slider.setAttribute("aria-valuetext", value);
        };
        set(chosen[name]);
        number.value = chosen[name];
        slider.addEventListener("input", () => {
            set(values[slider.value]);
            number.value = chosen[name];
            update();
        });
        number.addEventListener("input", () => {
            if (number.value === "" || !number.validity.valid) return;
            set(Number(number.value));
            update();
        });
        number.addEventListener("change", () => (number.value = chosen[name])); // what was not a number in range
        return element("div", { class: "play-control" }, element("label", { for: id }, label), slider, number);
    }

    const text = element("p", { class: "play-text" });
    const message = element("p", { role: "status" });
    const sample = element("button", { type: "button", click: append }, "Sample the next token");
    const takeBack = () => restart(prompt, added.slice(0, -1));
    const back = element("button", { type: "button", click: takeBack }, "Take it back");
    const again = element("button", { type: "button", click: () => restart(prompt, []) }, "Start again");

    const bars = Array.from({ length: SHOWN + 1 }, () => {
        const name = element("th", { scope: "row" });
        const bar = element("div", { class: "play-bar" });
        const probability = element("data", {});
        return { name, bar, probability };
    });
    const table = element(
        "table",
        { class: "play-bars" },
        element("caption", {}, "The next token"),
        element(
            "tbody",
            {},
            ...bars.map(({ name, bar, probability }) =>
                element("tr", {}, name, element("td", {}, bar), element("td", {}, probability)),
            ),
        ),
    );
    const entropy = element("p", { class: "play-entropy" });
    const shown = element("div", {}, table, entropy);

    function append() {
        const { probabilities } = distribution();
        const token = play.draw(probabilities, Math.random());
        added.push(token);
        update();
        let news = `Drawn: “${visible(tokens[token])}”, whose probability was ${percent(probabilities[token])}.`;
        if (token === END) news += " It is the model's sign for the end of a text.";
        else if (!scores())
            news +=
                ` Here the page's knowledge ends: it holds the model's real scores after ${texts.length} likely ` +
                "texts, and this is not one of them. The model itself goes on from any text: ./run generate";
        message.textContent = news;
        if (sample.disabled) back.focus();
    }

    function restart(newPrompt, newlyAdded) {
        prompt = newPrompt;
        added = newlyAdded;
        message.textContent = "";
        update();
        if (!added.length && back === document.activeElement) sample.focus();
    }

    function update() {
        text.replaceChildren(
            prompt.map((token) => tokens[token]).join(""),
            ...added.map((token) => element("ins", {}, tokens[token])),
        );
        back.disabled = again.disabled = !added.length;
        sample.disabled = shown.hidden = !scores();
        if (shown.hidden) return;
        const { order, probabilities } = distribution();
        const first = order.slice(0, SHOWN);
        const rest = order.slice(SHOWN).reduce((sum, token) => sum + probabilities[token], 0);
        bars.forEach(({ name, bar, probability }, i) => {
            const isRest = i === SHOWN;
            const value = isRest ? rest : probabilities[first[i]];
            name.textContent = isRest ? `${count(tokens.length - SHOWN)} others` : visible(tokens[first[i]]);
            name.parentElement.classList.toggle("play-cut", value === 0);
            bar.style.width = `${100 * value}%`;
            probability.value = value;
            probability.textContent = percent(value);
        });
        const nats = play.entropy(probabilities);
        entropy.textContent =
            `Entropy ${nats.toFixed(2)} nats (${(nats / Math.LN2).toFixed(2)} bits): as open as a fair draw ` +
            `among ${Math.exp(nats).toFixed(1)} tokens. ${count(probabilities.filter((p) => p > 0).length)} ` +
            `of ${count(tokens.length)} tokens can be drawn.`;
    }

    const temperatures = Array.from({ length: 41 }, (_, i) => Number((10 ** ((i - 26) / 20)).toPrecision(2)));
    const ks = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500, tokens.length];
    const ps = Array.from({ length: 20 }, (_, i) => (i + 1) / 20);
    const spelled = prompts.map((ids) => ids.map((token) => tokens[token]).join(""));
    root.setAttribute("aria-label", "Temperature lab");
    root.append(
        element("p", { class: "play-title" }, "Temperature lab"),
        play.select("temperature-lab-prompt", "Prompt", spelled, (index) => restart(prompts[index], [])),
        control("temperature", "Temperature", temperatures, "any"),
        control("k", "top-k", ks, 1),
        control("p", "top-p", ps, "any"),
        text,
        element("p", { class: "play-buttons" }, sample, " ", back, " ", again),
        message,
        shown,
    );
    update();
};
