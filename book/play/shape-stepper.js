"use strict";

// Shape stepper: every array between the input of multi-head attention and its output, for four
// tokens of six features and two heads. A cell of the result shows where its number comes from.

play.parts["shape-stepper"] = (root, arrays) => {
    const { element } = play;
    const HEADS = "[batch, n_head, seq, head_dim]";
    const SQUARE = "[batch, n_head, seq, seq]";
    const FEATURES = "[batch, seq, n_embd]";
    const n_embd = arrays.x.shape[2];
    const [, n_head, , head_dim] = arrays.query_heads.shape;
    const signed = (value) => (value === null ? "−∞" : value.toFixed(2).replace("-", "−"));

    // `sources(name, index)` says which cells of the inputs a cell of the result is made of, as a
    // list of [input, index], where null stands for all; `formula` says how.
    const STEPS = [
        {
            title: "The input",
            code: "x",
            shape: FEATURES,
            about: "One text of four tokens; each token is a vector of six features.",
            inputs: [],
            outputs: ["x"],
            sources: () => [],
            formula: (_, [b, s, c]) => `feature ${c} of token ${s}`,
        },
        {
            title: "One projection",
            code: "self.c_attn(x)",
            shape: "[batch, seq, 3 * n_embd]",
            about: "A linear layer makes the queries, keys and values of all heads at once. Each token is handled by itself.",
            inputs: ["x"],
            outputs: ["qkv"],
            sources: (_, [b, s]) => [["x", [b, s, null]]],
            formula: (_, [b, s, c]) => `x[${b}, ${s}] · c_attn.weight[${c}] + c_attn.bias[${c}]`,
        },
        {
            title: "Cut in three",
            code: "F.split(qkv, [n_embd] * 3, axis=-1)",
            shape: FEATURES,
            about: "The first third is the query, the second the key, the last the value. No number changes.",
            inputs: ["qkv"],
            outputs: ["query", "key", "value"],
            sources: (name, [b, s, c]) => [["qkv", [b, s, c + n_embd * ["query", "key", "value"].indexOf(name)]]],
            formula: (name, [b, s, c]) => `qkv[${b}, ${s}, ${c + n_embd * ["query", "key", "value"].indexOf(name)}]`,
        },
        {
            title: "Split the heads",
            code: "x.reshape([batch, seq_length, self.n_head, self.head_dim]).transpose(1, 2)",
            shape: HEADS,
            about:
                "Each head gets its own three features of every token, and becomes an axis. " +
                "Here for the query; key and value likewise.",
            inputs: ["query"],
            outputs: ["query_heads"],
            sources: (_, [b, h, s, d]) => [["query", [b, s, h * head_dim + d]]],
            formula: (_, [b, h, s, d]) => `query[${b}, ${s}, ${h * head_dim + d}]`,
        },
        {
            title: "Scores",
            code: "query @ key.transpose(-1, -2) * head_dim**-0.5",
            shape: SQUARE,
            about: "Within each head every query meets every key: a row for each query, a column for each key.",
            inputs: ["query_heads", "key_heads"],
            outputs: ["scores"],
            sources: (_, [b, h, i, j]) => [["query_heads", [b, h, i, null]], ["key_heads", [b, h, j, null]]],
            formula: (_, [b, h, i, j]) => `query[${b}, ${h}, ${i}] · key[${b}, ${h}, ${j}] / √${head_dim}`,
        },
        {
            title: "The mask",
            code: "scores + causal_mask(seq_length, scores.dtype, scores.device)",
            shape: SQUARE,
            about: "Keys that come after the query get −∞. The shape stays.",
            inputs: ["scores"],
            outputs: ["masked"],
            sources: (_, index) => [["scores", index]],
            formula: (_, [b, h, i, j]) => `scores[${b}, ${h}, ${i}, ${j}] + ${j > i ? "−∞" : "0"}`,
        },
        {
            title: "Softmax",
            code: "F.softmax(scores)",
            shape: SQUARE,
            about: "Each row becomes shares of 1: that query's attention. The future's share is 0.",
            inputs: ["masked"],
            outputs: ["weights"],
            sources: (_, [b, h, i]) => [["masked", [b, h, i, null]]],
            formula: (_, [b, h, i, j]) => `exp(masked[${b}, ${h}, ${i}, ${j}]) / the sum of exp over the row`,
        },
        {
            title: "Collect the values",
            code: "weights @ value",
            shape: HEADS,
            about: "Each query takes the average of the values, weighted with its row.",
            inputs: ["weights", "value_heads"],
            outputs: ["attended"],
            sources: (_, [b, h, i, d]) => [["weights", [b, h, i, null]], ["value_heads", [b, h, null, d]]],
            formula: (_, [b, h, i, d]) => `weights[${b}, ${h}, ${i}] · value[${b}, ${h}, :, ${d}]`,
        },
        {
            title: "Merge the heads",
            code: "x.transpose(1, 2).reshape([batch, seq_length, self.n_head * self.head_dim])",
            shape: FEATURES,
            about: "The way back: each token's three features from head 0, then its three from head 1.",
            inputs: ["attended"],
            outputs: ["merged"],
            sources: (_, [b, s, c]) => [["attended", [b, Math.floor(c / head_dim), s, c % head_dim]]],
            formula: (_, [b, s, c]) => `attended[${b}, ${Math.floor(c / head_dim)}, ${s}, ${c % head_dim}]`,
        },
        {
            title: "The last projection",
            code: "self.c_proj(merged)",
            shape: FEATURES,
            about: "A linear layer mixes what the heads found. The shape is that of x: the next layer can follow.",
            inputs: ["merged"],
            outputs: ["output"],
            sources: (_, [b, s]) => [["merged", [b, s, null]]],
            formula: (_, [b, s, c]) => `merged[${b}, ${s}] · c_proj.weight[${c}] + c_proj.bias[${c}]`,
        },
    ];

    // Arrays that hold the features of the heads side by side.
    const BESIDE = ["qkv", "query", "key", "value", "merged"];
    const spoken = (name) => name.replace("_heads", "");

    /** Which head a cell belongs to, if to any. */
    function headOf(name, index) {
        if (index.length === 4) return index[1];
        return BESIDE.includes(name) ? Math.floor(index[2] / head_dim) % n_head : undefined;
    }

    /** How an array is cut into tables: one for each head, or for as many columns as x has. */
    function blocks(shape) {
        if (shape.length === 4)
            return Array.from({ length: n_head }, (_, head) => ({
                caption: `head ${head}`,
                index: (row, column) => [0, head, row, column],
            }));
        return Array.from({ length: shape[2] / n_embd }, (_, i) => ({
            caption: shape[2] > n_embd ? `features ${i * n_embd} to ${(i + 1) * n_embd - 1}` : "",
            index: (row, column) => [0, row, i * n_embd + column],
        }));
    }

    /** An array as tables; onChoose makes its cells such that one can choose them. */
    function drawn(name, onChoose) {
        const { shape, values } = arrays[name];
        const columns = Math.min(shape.at(-1), n_embd);
        const cells = [];
        function cellAt(index) {
            const value = values[index.reduce((flat, n, axis) => flat * shape[axis] + n)];
            const where = `${spoken(name)}[${index.join(", ")}]`;
            const attributes = { "aria-label": `${where}: ${signed(value)}`, "data-head": headOf(name, index) };
            const cell = element("td", { ...attributes, role: "gridcell" }, signed(value));
            const choose = () => onChoose({ name, index, where, value, cell });
            const events = onChoose ? ["focus", "click", "pointerenter"] : [];
            for (const event of events) cell.addEventListener(event, choose);
            cells.push({ name, index, cell });
            return cell;
        }
        const tables = blocks(shape).map(({ caption, index }) => {
            const rows = Array.from({ length: shape.at(-2) }, (_, row) =>
                element("tr", { role: "row" }, ...Array.from({ length: columns }, (_, c) => cellAt(index(row, c)))),
            );
            const label = [spoken(name), caption].filter(Boolean).join(", ");
            const title = caption ? [element("caption", {}, caption)] : [];
            return element("table", { role: "grid", "aria-label": label }, ...title, element("tbody", {}, ...rows));
        });
        if (onChoose) play.roving(cells.map(({ cell }) => cell), columns)(0);
        const title = element("figcaption", {}, element("code", {}, spoken(name)), ` [${shape.join(", ")}]`);
        return { cells, figure: element("figure", {}, title, element("div", { class: "play-tables" }, ...tables)) };
    }

    let position = 0;
    const code = element("code", {});
    const shape = element("code", {});
    const about = element("p", {});
    const origin = element("p", { class: "play-origin" });
    const before = element("div", { class: "play-arrays" });
    const after = element("div", { class: "play-arrays" });
    const previous = element("button", { type: "button", click: () => go(position - 1) }, "← Back");
    const next = element("button", { type: "button", click: () => go(position + 1) }, "Next →");
    const count = element("span", { role: "status" });

    function go(to) {
        if (to < 0 || to >= STEPS.length) return;
        position = to;
        const step = STEPS[position];
        count.textContent = `${position + 1} of ${STEPS.length}: ${step.title}`;
        code.textContent = step.code;
        shape.textContent = step.shape;
        about.textContent = step.about;
        const hadFocus = document.activeElement;
        previous.disabled = position === 0;
        next.disabled = position === STEPS.length - 1;
        if (hadFocus === next && next.disabled) previous.focus();
        if (hadFocus === previous && previous.disabled) next.focus();

        const inputs = step.inputs.map((name) => drawn(name));
        const sources = inputs.flatMap(({ cells }) => cells);
        const show = ({ name, index, where, value, cell }) => {
            const wanted = step.sources(name, index);
            for (const source of sources) {
                const is = ([from, at]) =>
                    from === source.name && at.every((n, axis) => n === null || n === source.index[axis]);
                source.cell.classList.toggle("play-source", wanted.some(is));
            }
            for (const other of after.querySelectorAll("td")) other.classList.toggle("play-chosen", other === cell);
            origin.textContent = `${where} = ${step.formula(name, index)} = ${signed(value)}`;
        };
        const outputs = step.outputs.map((name) => drawn(name, show));
        before.replaceChildren(...inputs.map(({ figure }) => figure));
        after.replaceChildren(...outputs.map(({ figure }) => figure));
        outputs[0].cells[0].cell.dispatchEvent(new Event("click"));
    }

    root.addEventListener("keydown", (event) => {
        if (event.target.matches("td")) return; // there the arrows walk from cell to cell
        if (event.key === "ArrowLeft") go(position - 1);
        if (event.key === "ArrowRight") go(position + 1);
    });
    root.setAttribute("aria-label", "Shape stepper");
    root.append(
        element("p", { class: "play-title" }, "Shape stepper"),
        element("p", { class: "play-buttons" }, previous, " ", next, " ", count),
        element("p", {}, "Shape: ", shape),
        about,
        before,
        after,
        origin,
        // The line that a reader is about to write: not in sight before it is asked for.
        element("details", {}, element("summary", {}, "In code, once you have tried it"), code),
    );
    go(0);
};
