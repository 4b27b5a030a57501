"use strict";

// What the parts to play with share. A part is a function of its place in the page and of its data,
// which the page holds as JSON: play.parts[NAME](root, data).

const play = {
    parts: {},

    /** An element with attributes (functions are event handlers; false and undefined are left out) and children. */
    element(tag, attributes = {}, ...children) {
        const element = document.createElement(tag);
        for (const [name, value] of Object.entries(attributes)) {
            if (typeof value === "function") element.addEventListener(name, value);
            else if (value !== undefined && value !== false) element.setAttribute(name, value);
        }
        element.append(...children);
        return element;
    },

    /** An element of a picture. */
    svg(tag, attributes = {}, ...children) {
        const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
        for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
        element.append(...children);
        return element;
    },

    /** A typed array from base64. Its numbers are little-endian, as are those of every machine with a browser. */
    decode(base64, ArrayType) {
        return new ArrayType(Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0)).buffer);
    },

    /** A token as it is shown: most begin with a space, which must be seen. */
    visible(token) {
        return token.replaceAll(" ", "␣");
    },

    percent(share) {
        return share > 0 && share < 0.0005 ? "< 0.1 %" : `${(100 * share).toFixed(1)} %`;
    },

    /** A row of a table, with its name and its cells: texts or elements. */
    row(name, ...cells) {
        const { element } = play;
        const data = cells.map((cell) => (cell.tagName === "TD" ? cell : element("td", {}, cell)));
        return element("tr", {}, element("th", { scope: "row" }, name), ...data);
    },

    /** A cell with a token and its share of 1. */
    shareCell(token, share, attributes = {}) {
        const code = play.element("code", {}, play.visible(token));
        const figure = play.element("span", { class: "play-share" }, play.percent(share));
        return play.element("td", attributes, code, " ", figure);
    },

    /** A table with its caption, the names of its columns, and a body to be filled: {table, body}. */
    table(caption, columns = []) {
        const { element } = play;
        const body = element("tbody", {});
        const table = element("table", { class: "play-table" }, element("caption", {}, caption));
        const names = columns.map((name) => element("th", { scope: "col" }, name));
        if (names.length) table.append(element("thead", {}, element("tr", {}, element("td", {}), ...names)));
        table.append(body);
        return { table, body };
    },

    /** A list to choose from, with its label. */
    select(id, label, options, onChange) {
        const list = play.element("select", { id, change: () => onChange(list.selectedIndex) });
        list.append(...options.map((option) => play.element("option", {}, option)));
        return play.element("p", {}, play.element("label", { for: id }, label), " ", list);
    },

    /**
     * Let the arrow keys move the focus among elements, of which the Tab key reaches one.
     * Returns a function that makes the element with a given index that one.
     */
    roving(elements, columns) {
        const stop = (index) => elements.forEach((element, i) => (element.tabIndex = i === index ? 0 : -1));
        const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
        elements.forEach((element, index) => {
            element.addEventListener("keydown", (event) => {
                const next = elements[index + moves[event.key]];
                if (event.key in moves) event.preventDefault();
                if (next) next.focus();
            });
            element.addEventListener("focus", () => stop(index));
        });
        return stop;
    },
};

document.addEventListener("DOMContentLoaded", () => {
    for (const root of document.querySelectorAll("div.play")) {
        const data = JSON.parse(root.querySelector("script").textContent);
        root.replaceChildren();
        root.setAttribute("role", "group");
        play.parts[root.dataset.play](root, data);
    }
});
