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
