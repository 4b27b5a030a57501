"""Damaged weights are refused by the name of their file: whatever is spoiled, nothing is read wrongly."""

import json

import numpy as np
import pytest

from gpt2.checkpoint import CheckpointError, read_weights


@pytest.mark.parametrize("cut", [0, 7, 500, -1])
def test_damaged_weights_name_their_file(write_checkpoint, tmp_path, shapes, cut):
    path = write_checkpoint(tmp_path) / "model.safetensors"
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(CheckpointError, match=r"model\.safetensors cannot be read"):
        read_weights(tmp_path, shapes)


SMALL = {"transformer.ln_f.bias": (4,), "transformer.h.0.attn.c_attn.weight": (6, 2)}


def small_file(header: bytes | None = None) -> bytes:
    """A file of two weights, 0 to 3 and 4 to 15, with this header or a sound one."""
    sound = {
        "transformer.ln_f.bias": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]},
        "transformer.h.0.attn.c_attn.weight": {"dtype": "F32", "shape": [2, 6], "data_offsets": [16, 64]},
    }
    header = json.dumps(sound).encode() if header is None else header
    return len(header).to_bytes(8, "little") + header + np.arange(16, dtype=np.float32).tobytes()


@pytest.mark.parametrize("spaces", range(4))
def test_data_may_begin_anywhere(tmp_path, spaces):
    header = small_file()[8:-64] + b" " * spaces
    (tmp_path / "model.safetensors").write_bytes(small_file(header))
    weights = read_weights(tmp_path, SMALL)
    assert weights["transformer.ln_f.bias"].tolist() == [0, 1, 2, 3]
    assert weights["transformer.h.0.attn.c_attn.weight"].tolist() == [[4 + i, 10 + i] for i in range(6)]
    assert all(array.flags.aligned and array.flags.writeable for array in weights.values())


def test_a_header_spoiled_anywhere_is_refused_or_harmless(tmp_path):
    """Each byte of the length and the header in turn becomes another one, and bytes are lost and doubled."""
    sound, rng = small_file(), np.random.default_rng(0)
    refused = 0
    for place in range(len(sound) - 64):
        for spoiled in (bytes([rng.integers(256)]), b"", sound[place : place + 1] * 2):
            (tmp_path / "model.safetensors").write_bytes(sound[:place] + spoiled + sound[place + 1 :])
            refused += not reads_the_same(tmp_path)
    assert refused > 500


def reads_the_same(folder):
    """Whether the small file is read, and then exactly as it was written; else it must be refused."""
    try:
        weights = read_weights(folder, SMALL)
        assert weights.keys() == SMALL.keys()
        np.testing.assert_array_equal(weights["transformer.ln_f.bias"], np.arange(4))
        np.testing.assert_array_equal(weights["transformer.h.0.attn.c_attn.weight"], np.arange(4, 16).reshape(2, 6).T)
    except CheckpointError as error:
        assert str(folder) in str(error)  # noqa: PT017 (to be refused is one of two right outcomes)
        return False
    return True


PIECES = (
    *(b'0 9 - 1e9 [ ] { } , : " null true F16 BF16 I64 F64 F8_E4M3 18446744073709551615 \\u0000 \\ \xff'.split()),
    b'"__metadata__":{"a":"b"},',
    b'"transformer.ln_f.bias":{"dtype":"F32","shape":[4],"data_offsets":[48,64]},',
    b'"transformer.ln_f.bias":{"dtype":"F32","shape":[4],"data_offsets":[65536,65552]},',
    b'"transformer.h.0.attn.bias":{"dtype":"U8","shape":[0],"data_offsets":[64,64]},',
)


def test_a_header_with_pieces_put_in_cut_out_and_overwritten_is_refused_or_harmless(tmp_path):
    """Most such headers have a true length, so that what they say is looked at."""
    rng = np.random.default_rng(0)
    outcomes = []
    for _ in range(1500):
        header = bytearray(small_file()[8:-64])
        for _ in range(rng.integers(1, 4)):
            place = rng.choice([1, rng.integers(len(header))])  # 1: where another weight would stand
            piece = PIECES[rng.integers(len(PIECES))]
            gone = rng.choice([0, len(piece), rng.integers(9)])
            header[place : place + gone] = piece if rng.random() < 0.8 else b""
        spoiled = small_file(bytes(header))
        if rng.random() < 0.2:
            spoiled = spoiled[: rng.integers(len(spoiled))]
        (tmp_path / "model.safetensors").write_bytes(spoiled)
        outcomes.append(reads_the_same(tmp_path))
    assert 20 < sum(outcomes) < 1000  # some are harmless: there is something to compare


@pytest.mark.parametrize(
    "weight",
    [
        {"dtype": "F32", "shape": [4], "data_offsets": [0, 2**62]},
        {"dtype": "F32", "shape": [4], "data_offsets": [-16, 0]},
        {"dtype": "F32", "shape": [2**62, 4], "data_offsets": [0, 64]},
        {"dtype": "F32", "shape": [-4], "data_offsets": [0, 64]},
        {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]},
        {"dtype": "F32", "shape": "4", "data_offsets": [0, 64]},
        {"dtype": "F99", "shape": [4], "data_offsets": [0, 64]},
        {"dtype": "F32", "shape": [16]},
        7,
    ],
)
def test_a_header_that_lies_is_refused(tmp_path, weight):
    header = json.dumps({"transformer.ln_f.bias": weight}).encode()
    (tmp_path / "model.safetensors").write_bytes(small_file(header))
    with pytest.raises(CheckpointError):
        read_weights(tmp_path, {"transformer.ln_f.bias": (4,)})
