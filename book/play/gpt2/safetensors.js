"use strict";

/** The tensors of a safetensors file, by name: an 8-byte length, a JSON header, and the numbers. */
function read_safetensors(buffer) {
    const length = Number(new DataView(buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
    return (name) => {
        if (!(name in header)) throw new RangeError(`the checkpoint has no ${name}`);
        const { dtype, data_offsets: [start, end] } = header[name];
        if (dtype !== "F32") throw new TypeError(`${name} is ${dtype}, not F32`);
        return new Float32Array(buffer.slice(8 + length + start, 8 + length + end));
    };
}
