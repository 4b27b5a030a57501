"use strict";

// What the temperature lab and the playground share: three numbers to turn, and the distribution of
// the next token that they make of the scores.

/** A table of bars up to 1. `show(rows)` takes [name, share] of each row, or fewer than there are, and how to write shares. */
play.bars = (caption, count) => {
    const { element, percent } = play;
    const rows = Array.from({ length: count }, () => {
        const name = element("th", { scope: "row" });
        const bar = element("div", { class: "play-bar" });
        const share = element("data", {});
        const row = element("tr", {}, name, element("td", {}, bar), element("td", {}, share));
        return { row, name, bar, share };
    });
    const title = element("caption", {}, caption);
    const body = element("tbody", {}, ...rows.map(({ row }) => row));
    function show(values, write = percent) {
        rows.forEach(({ row, name, bar, share }, i) => {
            row.hidden = i >= values.length;
            if (row.hidden) return;
            const [text, value] = values[i];
            name.textContent = text;
            row.classList.toggle("play-cut", value === 0);
            bar.style.width = `${100 * value}%`;
            share.value = value;
            share.textContent = write(value);
        });
    }
    return { table: element("table", { class: "play-bars" }, title, body), show };
};

/** A slider over `values`, and a field for any number between the first and the last of them. */
play.number = (id, label, values, step, onChange) => {
    const { element } = play;
    const [min, max] = [values[0], values.at(-1)];
    const wrong = element("small", { id: `${id}-wrong`, class: "play-wrong", role: "status" });
    const number = element("input", {
        ...{ type: "number", "aria-label": `${label}, as a number`, "aria-describedby": wrong.id, step, min, max },
    });
    const slider = element("input", { type: "range", id, min: 0, max: values.length - 1 });
    let current;
    function set(value) {
        current = value;
        const distance = values.map((other) => Math.abs(other - value));
        slider.value = distance.indexOf(Math.min(...distance));
        slider.setAttribute("aria-valuetext", value);
        tell("");
    }
    function tell(message) {
        wrong.textContent = message;
        number.setAttribute("aria-invalid", message !== "");
    }
    slider.addEventListener("input", () => {
        const value = values[slider.value];
        number.value = value;
        set(value);
        onChange(value);
    });
    number.addEventListener("input", () => {
        const kind = step === 1 ? "a whole number" : "a number";
        if (number.value === "" || !number.validity.valid)
            return tell(`${number.value || "That"} is not ${kind} from ${min} to ${max}: ${current} stays.`);
        set(Number(number.value));
        onChange(Number(number.value));
    });
    const control = element("div", { class: "play-control" }, element("label", { for: id }, label), slider, number, wrong);
    return { control, set: (value) => ((number.value = value), set(value)) };
};

/**
 * The distribution of the next token. `show(logits)` draws it, undefined hides it; `draw(logits)` takes a token at random;
 * `chosen` has the three numbers, `choose(numbers)` sets some of them; `onChange` hears when a reader does.
 */
play.distribution = (prefix, tokens, onChange) => {
    const { element, visible } = play;
    const SHOWN = 12;
    const count = (number) => number.toLocaleString("en"); // 1,024
    const temperatures = [0, ...Array.from({ length: 41 }, (_, i) => Number((10 ** ((i - 26) / 20)).toPrecision(2)))];
    const ks = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500, tokens.length];
    const ps = Array.from({ length: 20 }, (_, i) => (i + 1) / 20);

    const chosen = { temperature: 1, k: tokens.length, p: 1 };
    let logits; // those that are shown
    const set = (name) => (value) => {
        chosen[name] = value;
        if (logits) show(logits);
        onChange();
    };
    const numbers = {
        temperature: play.number(`${prefix}-temperature`, "Temperature", temperatures, "any", set("temperature")),
        k: play.number(`${prefix}-k`, "top-k", ks, 1, set("k")),
        p: play.number(`${prefix}-p`, "top-p", ps, "any", set("p")),
    };
    const { table, show: showBars } = play.bars("The next token", SHOWN + 1);
    table.classList.add("play-with-rest");
    const entropy = element("p", { class: "play-entropy" });
    const shown = element("div", {}, table, entropy);

    function choose(values) {
        for (const [name, value] of Object.entries(values)) {
            chosen[name] = value;
            numbers[name].set(value);
        }
    }

    /** The probabilities that the three numbers make of scores, and all tokens, the likeliest first. */
    function sampled(logits) {
        const order = play.order(logits);
        return { order, probabilities: play.cutOff(play.softmax(logits, chosen.temperature), order, chosen.k, chosen.p) };
    }

    function show(newest) {
        logits = newest;
        shown.hidden = !logits;
        if (!logits) return;
        const { order, probabilities } = sampled(logits);
        const rest = order.slice(SHOWN).reduce((sum, token) => sum + probabilities[token], 0);
        const first = order.slice(0, SHOWN).map((token) => [visible(tokens[token]), probabilities[token]]);
        showBars([...first, [`${count(tokens.length - SHOWN)} others`, rest]]);
        const nats = play.entropy(probabilities);
        entropy.textContent =
            `Entropy ${Math.abs(nats).toFixed(2)} nats (${Math.abs(nats / Math.LN2).toFixed(2)} bits): as open as a ` +
            `fair draw among ${Math.exp(nats).toFixed(1)} tokens. ` +
            `${count(probabilities.filter((p) => p > 0).length)} of ${count(tokens.length)} tokens can be drawn.`;
    }

    /** A token that may follow, and its probability. */
    function draw(logits) {
        const isCutOff = chosen.k < tokens.length || chosen.p < 1; // else no order is needed, which takes the longest
        const probabilities = isCutOff ? sampled(logits).probabilities : play.softmax(logits, chosen.temperature);
        const token = play.draw(probabilities, Math.random());
        return { token, probability: probabilities[token] };
    }

    choose(chosen);
    show(undefined);
    const controls = [numbers.temperature.control, numbers.k.control, numbers.p.control];
    return { controls, shown, chosen, choose, show, draw };
};
