"use strict";

// The worker: it puts the checkpoint together, and answers questions one after another.

class Answers {
    /** A piece of the safetensors file: from `start` on, in base64. */
    receive(bytes, start, base64) {
        this.file ??= new Uint8Array(bytes);
        this.file.set(Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0)), start);
    }

    /** All pieces are there: make the model. Returns the text of each token. */
    open({ config, tokenizer }) {
        this.tokenizer = new Tokenizer(tokenizer);
        this.reader = new Reader(new GPT2LMHeadModel(new GPT2Config(config), read_safetensors(this.file.buffer)));
        this.file = undefined;
        this.reader.read(this.tokenizer.encode("Once upon a time")); // a browser compiles what has run
        return this.tokenizer.vocabulary();
    }

    encode(text) {
        return this.tokenizer.encode(text);
    }

    /** Read a text: what the reader says of it, the text itself, and how long it took. */
    read(ids) {
        const start = performance.now();
        const read = this.reader.read(ids);
        return { ...read, text: this.tokenizer.decode(ids), milliseconds: performance.now() - start };
    }

    // Every question names its text, as several parts of a page ask in turn; what is known already is not read again.

    scores(ids, position) {
        this.reader.read(ids);
        return this.reader.scores(position);
    }

    attention(ids, position) {
        this.reader.read(ids);
        return this.reader.attention(position);
    }

    lens(ids, position, count) {
        this.reader.read(ids);
        return this.reader.lens(position, count);
    }

    /** One of the looks that a chapter takes at a text. */
    look(name, ids, ...values) {
        this.reader.read(ids);
        return new Looks(this.reader, ids)[name](...values);
    }

    /** Read the next text from its beginning. */
    forget() {
        this.reader.forget(0);
    }
}

/** Let messages call the answers: {call, arguments} in, {result} or {error} out. */
function serve() {
    const answers = new Answers();
    self.onmessage = ({ data }) => {
        try {
            self.postMessage({ result: answers[data.call](...data.arguments) });
        } catch (error) {
            self.postMessage({ error: error.message });
        }
    };
}
