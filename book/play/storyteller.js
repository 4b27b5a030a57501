"use strict";

// The story model in the page: it is fetched when a reader first asks for it, and computes in a worker.
//
// A page that was opened as a file may not fetch, nor start a worker from a file. So the weights come
// as scripts, which book/checkpoint.py makes, and the worker's source is that of the functions here.

const storyteller = {
    FOLDER: "storyteller/",

    SOURCE: [
        ...[matmul_transposed, matmul, softmax, under, Linear, LayerCache, KVCache],
        ...[GPT2Config, causal_mask, LayerNorm, gelu, GPT2MLP, GPT2Embeddings, GPT2PositionEmbeddings],
        ...[split_qkv, compute_attention, GPT2MultiHeadAttention, add, GPT2Block, GPT2Model, GPT2LMHeadModel],
        ...[read_safetensors, Tokenizer, likeliest, Reader, cosine, Looks, Answers, serve],
    ],

    listeners: [],

    /** Open the model, once; later calls get the same promise. Each `progress` hears shares of 1. */
    open(progress) {
        storyteller.listeners.push(progress);
        storyteller.opened ??= storyteller.load().catch((error) => {
            storyteller.worker?.terminate(); // there is none where a browser allows none
            storyteller.opened = undefined; // so that one can try again
            throw error;
        });
        return storyteller.opened;
    },

    async load() {
        storyteller.start();
        await storyteller.script("contents.js");
        const { contents } = storyteller;
        for (let piece = 0; piece < contents.pieces; piece++) {
            await storyteller.script(`piece-${piece}.js`);
            for (const progress of storyteller.listeners) progress((piece + 1) / contents.pieces);
        }
        return { config: contents.config, tokens: await storyteller.ask("open", contents) };
    },

    /** Ask the worker, which answers in the order of the questions. */
    ask(call, ...values) {
        return new Promise((resolve, reject) => {
            if (storyteller.broken) return reject(storyteller.broken); // it would never answer
            storyteller.waiting.push({ resolve, reject });
            storyteller.worker.postMessage({ call, arguments: values });
        });
    },

    start() {
        const source = ['"use strict";', ...storyteller.SOURCE, "serve();"].join("\n");
        const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
        const waiting = []; // this worker's own, since another one's late answers would be taken for its
        const worker = new Worker(address);
        URL.revokeObjectURL(address);
        worker.onmessage = ({ data: { result, error } }) => {
            const { resolve, reject } = waiting.shift();
            if (error === undefined) resolve(result);
            else reject(new Error(error));
        };
        worker.onerror = ({ message }) => {
            storyteller.broken = new Error(message);
            for (const { reject } of waiting.splice(0)) reject(storyteller.broken);
        };
        Object.assign(storyteller, { waiting, worker, broken: undefined });
    },

    /** Called by a piece: its place in the file, and its bytes in base64. */
    receive(start, base64) {
        storyteller.ask("receive", storyteller.contents.bytes, start, base64).catch(() => {}); // "open" says it, too
    },

    script(name) {
        return new Promise((resolve, reject) => {
            const script = document.createElement("script");
            script.src = storyteller.FOLDER + name;
            script.onload = () => resolve(script.remove());
            script.onerror = () => reject(new Error(`${script.src} could not be loaded`));
            document.head.append(script);
        });
    },
};
