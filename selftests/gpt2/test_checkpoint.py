"""A sound checkpoint is read exactly, and whatever is wrong with another one is said by name."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from safetensors import TensorSpec, serialize_file
from safetensors.numpy import save_file

from course.curriculum.steps import ROOT
from gpt2.checkpoint import CheckpointError, open_checkpoint, read_weights

LAYER = {  # of the weights of a layer the shapes, in n_embd
    "ln_1.weight": (1,),
    "ln_1.bias": (1,),
    "attn.c_attn.weight": (1, 3),
    "attn.c_attn.bias": (3,),
    "attn.c_proj.weight": (1, 1),
    "attn.c_proj.bias": (1,),
    "ln_2.weight": (1,),
    "ln_2.bias": (1,),
    "mlp.c_fc.weight": (1, 4),
    "mlp.c_fc.bias": (4,),
    "mlp.c_proj.weight": (4, 1),
    "mlp.c_proj.bias": (1,),
}
C_FC = "transformer.h.0.mlp.c_fc.weight"


@pytest.fixture
def shapes(stored_weights):
    """The model's parameters: linear layers are [out, in]."""
    linear = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    return {name: a.shape[::-1] if name.endswith(linear) else a.shape for name, a in stored_weights.items()}


def test_the_configuration_is_read(folder):
    checkpoint = open_checkpoint(str(folder))
    config = checkpoint.config
    assert (config.vocab_size, config.n_positions, config.n_embd) == (1024, 256, 128)
    assert (config.n_layer, config.n_head, config.n_inner) == (6, 4, 512)
    assert config.layer_norm_epsilon == 1e-5
    assert checkpoint.eos_token_id == 256
    assert checkpoint.folder == folder


def test_n_inner_is_four_times_n_embd_where_it_is_missing_too(write_checkpoint, tmp_path, settings):
    folder = write_checkpoint(tmp_path)
    del settings["n_inner"]
    (folder / "config.json").write_text(json.dumps(settings))
    assert open_checkpoint(str(folder)).config.n_inner == 512


def test_another_n_inner_is_kept(write_checkpoint, tmp_path):
    assert open_checkpoint(str(write_checkpoint(tmp_path, n_inner=20))).config.n_inner == 20


def test_a_model_without_an_end_of_text_is_read(write_checkpoint, tmp_path):
    assert open_checkpoint(str(write_checkpoint(tmp_path, eos_token_id=None))).eos_token_id is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("model_type", "gpt_neo"),
        ("activation_function", "gelu"),
        ("scale_attn_weights", False),
        ("scale_attn_by_inverse_layer_idx", True),
        ("add_cross_attention", True),
        ("tie_word_embeddings", False),
        ("vocab_size", 0),
        ("n_embd", "128"),
        ("n_layer", 2.5),
        ("n_head", True),
        ("n_head", None),
        ("n_head", 5),
        ("n_inner", -1),
        ("layer_norm_epsilon", 0),
        ("eos_token_id", [1, 2]),
    ],
)
def test_what_is_not_exactly_a_gpt2_is_refused_with_key_and_value(write_checkpoint, tmp_path, key, value):
    folder = write_checkpoint(tmp_path, **{key: value})
    with pytest.raises(CheckpointError, match=rf"config\.json: .*{key} .*") as caught:
        open_checkpoint(str(folder))
    assert json.dumps(value).strip('"') in str(caught.value)


@pytest.mark.parametrize(("key", "value"), [("n_layer", 10**9), ("vocab_size", 10**12), ("n_positions", 10**9)])
def test_a_giant_is_refused_before_it_is_built(write_checkpoint, tmp_path, key, value):
    with pytest.raises(CheckpointError, match=r"config\.json: it describes [\d,]+ parameters; the weights .* bytes"):
        open_checkpoint(str(write_checkpoint(tmp_path, **{key: value})))


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "\ufeff{}", '{"vocab_size": NaN}'])
def test_a_damaged_configuration_names_its_file(write_checkpoint, tmp_path, text):
    path = write_checkpoint(tmp_path) / "config.json"
    path.write_text(text)
    with pytest.raises(CheckpointError, match=r"config\.json"):
        open_checkpoint(str(tmp_path))


def test_a_folder_without_configuration_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match=r"has no config\.json"):
        open_checkpoint(str(tmp_path))


def test_a_file_is_not_a_checkpoint(folder):
    with pytest.raises(CheckpointError, match="is a file"):
        open_checkpoint(str(folder / "config.json"))


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "~/nowhere/at/all", "a/b/c"])
def test_a_path_that_leads_nowhere_is_no_hub_name(name):
    with pytest.raises(CheckpointError, match="there is no folder"):
        open_checkpoint(name)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """An empty cache, and no hub at the other end."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    return constants


def test_without_a_network_a_hub_name_is_refused_in_one_line(hub):
    with pytest.raises(CheckpointError, match="cannot be downloaded from the Hugging Face hub") as caught:
        open_checkpoint("openai-community/gpt2")
    assert "there is no folder openai-community/gpt2" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_offline_mode_is_named(hub, monkeypatch):
    monkeypatch.setattr(hub, "HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match="HF_HUB_OFFLINE"):
        open_checkpoint("openai-community/gpt2")


def test_an_unknown_hub_name_is_refused(monkeypatch):
    import huggingface_hub
    from httpx import Request, Response
    from huggingface_hub.errors import RepositoryNotFoundError

    def not_found(name, allow_patterns):
        assert not any("bin" in pattern or "pt" in pattern.split(".") for pattern in allow_patterns)
        raise RepositoryNotFoundError("404", response=Response(404, request=Request("GET", "http://hub")))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", not_found)
    with pytest.raises(CheckpointError, match="no public model of that name"):
        open_checkpoint("nobody/nothing")


def test_weights_are_read_and_linear_layers_transposed(folder, shapes, stored_weights):
    weights = read_weights(folder, shapes)
    assert weights.keys() == shapes.keys()
    for name, array in weights.items():
        assert array.shape == shapes[name]
        assert array.dtype == np.float32
        stored = stored_weights[name]
        np.testing.assert_array_equal(array, stored.T if array.shape != stored.shape else array)
    # Square, so that no shape shows whether it is transposed.
    c_proj = "transformer.h.1.attn.c_proj.weight"
    np.testing.assert_array_equal(weights[c_proj], stored_weights[c_proj].T)
    np.testing.assert_array_equal(weights["transformer.wte.weight"], stored_weights["transformer.wte.weight"])


def test_names_without_prefix_buffers_and_a_tied_head_are_accepted(write_checkpoint, tmp_path, shapes, stored_weights):
    bare = {name.removeprefix("transformer."): array for name, array in stored_weights.items()}
    bare["lm_head.weight"] = bare["wte.weight"].copy()
    bare["h.0.attn.bias"] = np.ones((1, 1, 256, 256), np.uint8)
    bare["h.0.attn.masked_bias"] = np.float32([-1e4])
    weights = read_weights(write_checkpoint(tmp_path, bare), shapes)
    assert weights.keys() == shapes.keys()


def test_weights_may_lie_in_several_files(write_checkpoint, tmp_path, shapes, stored_weights):
    write_checkpoint(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    names = list(stored_weights)
    for part, some in enumerate((names[:7], names[7:]), start=1):
        save_file({name: stored_weights[name] for name in some}, tmp_path / f"model-0000{part}-of-00002.safetensors")
    assert read_weights(tmp_path, shapes).keys() == shapes.keys()


@pytest.fixture
def parts(write_checkpoint, tmp_path, stored_weights):
    """A checkpoint in two files and the index that names them, which it returns to be spoiled."""
    write_checkpoint(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    names = list(stored_weights)
    files = {"a.safetensors": names[:7], "b.safetensors": names[7:]}
    for file, some in files.items():
        save_file({name: stored_weights[name] for name in some}, tmp_path / file)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {name: file for file, some in files.items() for name in some}}))
    return index


def test_an_index_says_which_files(parts, shapes, stored_weights):
    weights = read_weights(parts.parent, shapes)
    assert weights.keys() == shapes.keys()
    np.testing.assert_array_equal(weights["transformer.ln_f.bias"], stored_weights["transformer.ln_f.bias"])


def test_a_file_that_the_index_names_and_that_is_not_there_is_named(parts, shapes):
    (parts.parent / "b.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"has no b\.safetensors, which model\.safetensors\.index\.json names"):
        read_weights(parts.parent, shapes)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"weight_map": []}', '{"weight_map": {"a": 1}}', "\ud8ff"])
def test_a_damaged_index_is_named(parts, shapes, text):
    parts.write_bytes(text.encode("utf-16", "surrogatepass") if text == "\ud8ff" else text.encode())
    with pytest.raises(CheckpointError, match=r"index\.json cannot be read"):
        read_weights(parts.parent, shapes)


@pytest.mark.parametrize("name", ["../a.safetensors", "/etc/passwd", "", ".."])
def test_an_index_leads_to_no_other_folder(parts, shapes, name):
    parts.write_text(json.dumps({"weight_map": {"transformer.wte.weight": name}}))
    with pytest.raises(CheckpointError, match=r"index\.json names .*, which is no safetensors file beside it"):
        read_weights(parts.parent, shapes)


def test_half_precision_is_widened(write_checkpoint, tmp_path, shapes, stored_weights):
    halves = {name: array.astype(np.float16) for name, array in stored_weights.items()}
    weights = read_weights(write_checkpoint(tmp_path, halves), shapes)
    name = "transformer.wpe.weight"
    assert weights[name].dtype == np.float32
    np.testing.assert_array_equal(weights[name], halves[name].astype(np.float32))


def test_bfloat16_is_widened(tmp_path):
    bits = np.array([0x3F80, 0xC000, 0x3E20, 0x0000], np.uint16)  # 1, -2, 0.15625, 0
    spec = TensorSpec(dtype="bfloat16", shape=(4,), data_ptr=bits.ctypes.data, data_len=bits.nbytes)
    serialize_file({"transformer.ln_f.bias": spec}, tmp_path / "model.safetensors")
    weights = read_weights(tmp_path, {"transformer.ln_f.bias": (4,)})
    assert weights["transformer.ln_f.bias"].tolist() == [1.0, -2.0, 0.15625, 0.0]


def test_every_weight_that_does_not_fit_is_named(write_checkpoint, tmp_path, shapes, stored_weights):
    wrong = dict(stored_weights)
    del wrong["transformer.ln_f.bias"], wrong["transformer.h.1.ln_2.weight"]
    wrong["transformer.h.6.ln_1.bias"] = np.zeros(128, np.float32)
    wrong["score.weight"] = np.zeros((2, 128), np.float32)
    wrong[C_FC] = wrong[C_FC].T.copy()
    wrong["lm_head.weight"] = wrong["transformer.wte.weight"] * 2
    with pytest.raises(CheckpointError) as caught:
        read_weights(write_checkpoint(tmp_path, wrong), shapes)
    message = str(caught.value)
    assert "transformer.ln_f.bias is missing" in message
    assert "transformer.h.1.ln_2.weight is missing" in message
    assert "transformer.h.6.ln_1.bias is not a part of the model" in message
    assert "score.weight is not a part of the model" in message
    assert f"{C_FC} is [512, 128] instead of [128, 512]" in message
    assert "lm_head.weight differs" in message


def test_whole_numbers_are_no_weights(write_checkpoint, tmp_path, shapes, stored_weights):
    wrong = stored_weights | {"transformer.ln_f.bias": np.zeros(128, np.int64)}
    with pytest.raises(CheckpointError, match=r"transformer\.ln_f\.bias has the type I64"):
        read_weights(write_checkpoint(tmp_path, wrong), shapes)


def test_pickle_is_not_read_and_why(write_checkpoint, tmp_path, shapes):
    write_checkpoint(tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=r"no model\.safetensors .*pickle.* any code"):
        read_weights(tmp_path, shapes)


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
        assert str(folder) in str(error)
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


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_reading_takes_little_more_memory_than_the_weights(tmp_path, dtype):
    """In a process of its own: the most that it has needed, less what it needs without reading."""
    shapes = {f"transformer.h.{layer}.mlp.c_fc.weight": (500, 4000) for layer in range(16)}  # transposed, all of them
    shapes |= {"transformer.wte.weight": (1000, 4000), "lm_head.weight": (1000, 4000)}
    names = {name: np.ones(shape[::-1] if "c_fc" in name else shape, dtype) for name, shape in shapes.items()}
    save_file(names, tmp_path / "model.safetensors")
    del shapes["lm_head.weight"]
    program = (
        "import resource, numpy, json; from pathlib import Path\n"
        "from safetensors import safe_open\n"
        "from gpt2.checkpoint import read_weights\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak()\n"
        f"weights = read_weights(Path({str(tmp_path)!r}), {shapes!r})\n"
        "made = {name: weight + 1 for name, weight in weights.items()}\n"
        "assert all(weight.min() == 2 for weight in made.values())\n"
        "print((peak() - before) * (1 if __import__('sys').platform == 'darwin' else 1024))"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(ran.stdout) <= 1.3 * sum(4 * np.prod(shape) for shape in shapes.values())


SIZES = {  # n_layer, n_embd, n_head, and the parameters, as Hugging Face counts them
    "gpt2": (12, 768, 12, 124_439_808),
    "gpt2-medium": (24, 1024, 16, 354_823_168),
    "gpt2-large": (36, 1280, 20, 774_030_080),
    "gpt2-xl": (48, 1600, 25, 1_557_611_200),
}


@pytest.mark.parametrize("size", SIZES)
def test_each_size_of_gpt2_is_read(size, write_checkpoint, tmp_path, device):
    """From files of zeros that take no room on the disk, with names and shapes as on the hub."""
    from max.experimental import functional as F

    from solutions.solution_13 import GPT2LMHeadModel

    n_layer, n_embd, n_head, parameters = SIZES[size]
    settings = dict(vocab_size=50257, n_positions=1024, n_embd=n_embd, n_layer=n_layer, n_head=n_head)
    write_checkpoint(tmp_path, **settings)
    stored = {"wte.weight": (50257, n_embd), "wpe.weight": (1024, n_embd)}
    for name, shape in LAYER.items():
        for layer in range(n_layer):
            stored[f"h.{layer}.{name}"] = tuple(times * n_embd for times in shape)
            stored[f"h.{layer}.attn.bias"] = (1, 1, 1024, 1024)
    stored |= {"ln_f.weight": (n_embd,), "ln_f.bias": (n_embd,)}
    header, end = {}, 0
    for name, shape in stored.items():
        begin, end = end, end + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)

    with F.lazy():
        model = GPT2LMHeadModel(open_checkpoint(str(tmp_path)).config)
    shapes = {name: tuple(map(int, parameter.shape)) for name, parameter in model.parameters}
    assert sum(map(math.prod, shapes.values())) == parameters
    weights = read_weights(tmp_path, shapes)
    for name in ("transformer.wpe.weight", f"transformer.h.{n_layer - 1}.mlp.c_proj.weight"):
        assert weights[name].shape == shapes[name]
    assert weights.keys() == shapes.keys()
