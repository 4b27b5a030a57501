"use strict";

// What the parts share that ask the story model: waking it, one question at a time, a row of tokens
// to choose from, and a part with a text of the reader's own.

/**
 * Wakes the model: `open()` gives its config and tokens. `place` has a button that does it, and the progress. Where it
 * fails, `place` says so, and one can try again. `onAwake(model, hadFocus)` hears once whether the button had the focus.
 */
play.wake = (onAwake) => {
    const { element } = play;
    const progress = element("progress", { max: 1, value: 0, "aria-label": "Loading the model" });
    const say = element("span", { role: "status" });
    const button = element("button", { type: "button", click: () => open().catch(() => {}) }, "Wake the model");
    const size = element("small", {}, " 5.4 MB, which then compute in your browser");
    const place = element("p", { class: "play-wake" }, button, size, " ", progress, " ", say);
    progress.hidden = true;
    let opened;

    async function load() {
        place.hidden = progress.hidden = false;
        say.textContent = "Loading";
        try {
            const model = await storyteller.open((share) => (progress.value = share));
            const hadFocus = document.activeElement === button;
            place.hidden = true;
            onAwake(model, hadFocus);
            return model;
        } catch (error) {
            opened = undefined;
            progress.hidden = true;
            say.textContent = `${error.message}. Try again?`;
            throw error;
        }
    }

    function open() {
        opened ??= load();
        return opened;
    }

    return { place, open };
};

/** Runs `work` when it is wanted, but never twice at once: what is wanted meanwhile is done once, after it. */
play.newest = (work) => {
    let isWanted = false;
    let running;
    async function run() {
        try {
            while (isWanted) {
                isWanted = false;
                await work();
            }
        } finally {
            running = undefined; // at once, so that nobody waits for a round that is over
        }
    }
    return () => {
        isWanted = true;
        running ??= run();
        return running;
    };
};

/**
 * A row of tokens, of which one is chosen, by click or by key; the pointer over another one previews it.
 *
 * `show(tokens, notes, chosen)` draws them, with a note below each; `mark(strengths, kind)` colours them, from 0 to 1;
 * `onChange` hears when another one is to be looked at, which is `at()`.
 */
play.tokenRow = (label, onChange) => {
    const { element, visible } = play;
    const row = element("div", { class: "play-tokens", role: "group", "aria-label": label, keydown: walk });
    const parts = [];
    let chosen = 0;
    let hovered;

    function walk(event) {
        const moves = { ArrowLeft: chosen - 1, ArrowRight: chosen + 1, Home: 0, End: parts.length - 1 };
        if (!(event.key in moves)) return;
        event.preventDefault();
        parts[moves[event.key]]?.button.focus();
    }

    function press(button, isPressed) {
        button.setAttribute("aria-pressed", isPressed);
        button.tabIndex = isPressed ? 0 : -1; // one stop of the Tab key for all
    }

    function select(i) {
        if (parts[chosen]) press(parts[chosen].button, false);
        chosen = i;
        press(parts[chosen].button, true);
    }

    function choose(i) {
        const isSeen = i === chosen && hovered === undefined;
        hovered = undefined;
        select(i);
        if (!isSeen) onChange();
    }

    function preview(i) {
        hovered = i;
        onChange();
    }

    function part(i) {
        const [code, small] = [element("code", {}), element("small", {})];
        const button = element("button", {
            ...{ type: "button", click: () => choose(i), focus: () => choose(i) },
            ...{ pointerenter: () => preview(i), pointerleave: () => preview(undefined) },
        });
        button.append(code, small);
        press(button, false);
        return { button, code, small };
    }

    // A text of 256 tokens may change with every frame: only what is new is drawn.

    function note(notes) {
        parts.forEach(({ small }, i) => {
            if (small.textContent !== notes[i]) small.textContent = notes[i];
        });
    }

    function show(tokens, notes, newlyChosen) {
        while (parts.length > tokens.length) parts.pop().button.remove();
        while (parts.length < tokens.length) {
            parts.push(part(parts.length));
            row.append(parts.at(-1).button);
        }
        parts.forEach(({ code }, i) => {
            if (code.textContent !== visible(tokens[i])) code.textContent = visible(tokens[i]);
        });
        hovered = undefined;
        note(notes);
        select(newlyChosen);
    }

    function mark(strengths, kind) {
        row.dataset.kind = kind;
        parts.forEach((part, i) => {
            const strength = (strengths[i] ?? 0).toFixed(3);
            if (part.strength !== strength) part.button.style.setProperty("--weight", strength);
            part.strength = strength;
        });
    }

    return { row, show, note, mark, chosen: () => chosen, at: () => hovered ?? chosen };
};

/**
 * A part with a text of the reader's own: a field, its tokens, and below them what `look` makes of the chosen one.
 *
 * `look({ ids, at, tokens, config, row })` asks the model, draws into `output`, and returns a sentence that says
 * what is seen. `controls(config, refresh)` makes what stands between the tokens and the output; without `hasTokens` no
 * token is to be chosen.
 */
play.live = (root, { title, about, text, controls = () => [], hasTokens = true, output, look }) => {
    const { element } = play;
    const id = `${root.dataset.play}-text`;
    const field = element("input", { type: "text", id, autocomplete: "off", input: () => refresh() });
    const summary = element("p", { role: "status" });
    const row = play.tokenRow("Tokens", () => refresh());
    const awake = element("div", {}, row.row, summary, output);
    let shown = "";

    const draw = play.newest(async () => {
        const { tokens, config } = await wake.open();
        const ids = await storyteller.ask("encode", field.value);
        const fits = ids.length > 0 && ids.length <= config.n_positions;
        output.hidden = !fits;
        row.row.hidden = !fits || !hasTokens;
        if (!fits) {
            const tooLong = `${ids.length} tokens do not fit into a context of ${config.n_positions}.`;
            summary.textContent = ids.length ? tooLong : "Write a text.";
            return;
        }
        if (ids.join() !== shown) row.show(ids.map((id) => tokens[id]), ids.map(String), ids.length - 1);
        shown = ids.join();
        summary.textContent = await look({ ids, at: row.at(), tokens, config, row });
    });
    const refresh = () => draw().catch(() => {}); // wake.place says what is wrong
    const wake = play.wake(({ config }, hadFocus) => {
        row.row.after(...controls(config, refresh));
        awake.hidden = false;
        if (hadFocus) field.focus();
        refresh();
    });

    field.value = text;
    awake.hidden = true;
    root.setAttribute("aria-label", title);
    root.append(
        element("p", { class: "play-title" }, title),
        element("p", {}, about),
        element("p", { class: "play-field" }, element("label", { for: id }, "Text"), " ", field),
        wake.place,
        awake,
    );
};

/** A list to choose one of the model's layers or heads from: {element, chosen()}. */
play.numbered = (root, name, count, refresh) => {
    let chosen = 0;
    const label = name[0].toUpperCase() + name.slice(1);
    const numbers = Array.from({ length: count }, (_, i) => `${i}`);
    const element = play.select(`${root.dataset.play}-${name}`, label, numbers, (i) => {
        chosen = i;
        refresh();
    });
    return { element, chosen: () => chosen };
};

/** Numbers as bars, up and down from zero, where the largest of them, or of all that are compared, is `largest`. */
play.vector = (values, largest, label) => {
    const bars = Array.from(values, (value, i) => `M${i} 0v${-value / largest}h0.8v${value / largest}z`).join("");
    const box = { viewBox: `0 -1 ${values.length} 2`, preserveAspectRatio: "none", class: "play-vector" };
    return play.svg("svg", { ...box, role: "img", "aria-label": label }, play.svg("path", { d: bars }));
};
