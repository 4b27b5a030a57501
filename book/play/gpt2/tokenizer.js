"use strict";

/** GPT-2's byte-level BPE, from the checkpoint's tokenizer.json. */
class Tokenizer {
    // A word with the space before it. Spaces are Unicode's, of which JavaScript's \s is not quite the set.
    static WORD = new RegExp(
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\p{White_Space}\\p{L}\\p{N}]+" +
            "|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+",
        "gu",
    );

    constructor({ model: { vocab, merges }, added_tokens }) {
        this.ids = new Map(Object.entries(vocab));
        this.ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
        this.special = new Map(added_tokens.map(({ content, id }) => [content, id]));
        this.signs = Tokenizer.bytes_to_unicode();
        const bytes = new Map(this.signs.map((sign, byte) => [sign, byte]));
        this.bytes = []; // of each token, what it stands for
        for (const [token, id] of this.ids) this.bytes[id] = Uint8Array.from(token, (sign) => bytes.get(sign));
        for (const [content, id] of this.special) this.bytes[id] = new TextEncoder().encode(content);
    }

    /** A visible sign for each byte, as GPT-2 writes them: itself where it prints, else the next from U+0100 on. */
    static bytes_to_unicode() {
        let next = 256;
        return Array.from({ length: 256 }, (_, byte) => {
            const prints = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
            return String.fromCodePoint(prints ? byte : next++);
        });
    }

    /** The ids of a text. */
    encode(text) {
        const ids = [];
        for (const part of this.split_special(text)) {
            if (this.special.has(part)) ids.push(this.special.get(part));
            else for (const [word] of part.matchAll(Tokenizer.WORD)) ids.push(...this.encode_word(word));
        }
        return ids;
    }

    /** The text cut before and after each special token. */
    split_special(text) {
        const split = (part, special) => part.split(special).flatMap((piece) => [special, piece]).slice(1);
        const specials = [...this.special.keys()];
        return specials.reduce((parts, special) => parts.flatMap((part) => split(part, special)), [text]);
    }

    encode_word(word) {
        let parts = Array.from(new TextEncoder().encode(word), (byte) => this.signs[byte]);
        for (;;) {
            const ranks = parts.slice(1).map((right, i) => this.ranks.get(`${parts[i]} ${right}`) ?? Infinity);
            const lowest = Math.min(...ranks);
            if (lowest === Infinity) return parts.map((part) => this.ids.get(part));
            parts = this.merge(parts, ranks, lowest);
        }
    }

    /** Merge, from left to right, the pairs of the rank that was learned first. */
    merge(parts, ranks, lowest) {
        const merged = [];
        for (let i = 0; i < parts.length; i++) {
            if (ranks[i] === lowest) merged.push(parts[i] + parts[++i]);
            else merged.push(parts[i]);
        }
        return merged;
    }

    /** The text of ids. What is not whole UTF-8 becomes U+FFFD. */
    decode(ids) {
        const bytes = ids.flatMap((id) => [...this.bytes[id]]);
        return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
    }

    /** The text of each token. Bytes that are only a part of a character are written as in Python. */
    vocabulary() {
        return this.bytes.map((bytes, id) => {
            const text = this.decode([id]);
            if (!text.includes("\ufffd")) return text;
            return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
        });
    }
}
