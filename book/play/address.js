"use strict";

// What a reader has chosen, in the part of the address after #, so that it can be sent as a link.

play.address = {
    /** The choices in the address, by name: texts. */
    read() {
        return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
    },

    /** The number of a choice, or undefined where it is no number from `min` to `max`. */
    number(text, min, max) {
        const value = Number(text);
        return text !== undefined && text !== "" && value >= min && value <= max ? value : undefined;
    },

    /** Write choices into the address, without those that are undefined; soon, as browsers allow it only so often. */
    write(choices) {
        clearTimeout(play.address.waiting);
        play.address.waiting = setTimeout(() => {
            const said = Object.entries(choices).filter(([, value]) => value !== undefined);
            history.replaceState(null, "", `#${new URLSearchParams(said)}`);
        }, 300);
    },
};
