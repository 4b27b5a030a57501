"""The kernels compute GPT-2 for any sizes, and weights in fewer bits come as near to it as they can."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from max.driver import CPU, Buffer
from max.experimental.compilation import CompiledCallable
from max.experimental.tensor import Tensor

from course.curriculum.steps import STORYTELLER
from gpt2.checkpoint import open_checkpoint, weights_of
from gpt2.configuration import Family
from gpt2.cpu import kernel, operation
from gpt2.cpu.kernel import NARROW, WIDE
from gpt2.cpu.model import CpuModel, load_cpu_model
from gpt2.cpu.panels import FORMATS, aligned_array, pack, packed_size
from gpt2.loading import load_cached_model
from kernels import kept, store
from solutions.solution_13 import GPT2LMHeadModel

# None is a multiple of another, or of a panel; a head has more features than a panel.
ODD = {"vocab_size": 333, "n_positions": 150, "n_embd": 160, "n_layer": 2, "n_head": 2, "n_inner": 100}


def repacked(weight, kind, panel=WIDE):
    """The weight [n_out, n_in] that its panels stand for."""
    panels = aligned_array((packed_size(*weight.shape, panel),), FORMATS[kind].numpy)
    scales = pack(weight, FORMATS[kind], panels, panel)
    if kind == "bfloat16":
        panels = (panels.astype(np.uint32) << 16).view(np.float32)
    columns = panels.reshape(-1, weight.shape[1], panel).transpose(0, 2, 1)
    return columns.reshape(-1, weight.shape[1])[: len(weight)] * scales[:, None]


@pytest.mark.parametrize("panel", [WIDE, NARROW])
@pytest.mark.parametrize("n_out", [1, NARROW, NARROW + 1, WIDE, WIDE + 1, 70 * WIDE - 5])
def test_panels_hold_the_weight(n_out, panel):
    weight = np.random.default_rng(n_out).normal(size=(n_out, 3)).astype(np.float32)
    np.testing.assert_array_equal(repacked(weight, "float32", panel), weight)


def test_a_transposed_weight_is_packed_like_its_copy():
    weight = np.arange(15, dtype=np.float32).reshape(3, 5).T
    np.testing.assert_array_equal(repacked(weight, "float32"), weight)


def test_an_array_for_the_kernel_begins_with_a_cache_line():
    memory = aligned_array((10, 25), np.float32)
    assert memory.ctypes.data % 64 == 0 and memory.shape == (10, 25) and memory.dtype == np.float32


def test_bfloat16_rounds_to_the_nearest_and_ties_to_even():
    step = 2.0**-7  # between two bfloat16 numbers from 1 on
    weight = np.array([[1 + 0.4 * step, 1 + 0.5 * step, 1 + 1.5 * step, -1 - 0.6 * step]], np.float32)
    expected = [[1, 1, 1 + 2 * step, -1 - step]]
    np.testing.assert_array_equal(repacked(weight, "bfloat16"), np.float32(expected))


def test_int8_has_steps_of_its_own_for_each_output():
    weight = np.array([[1.27, -0.634, 0.006], [0, 0, 0], [-254, 1.1, 0.9]], np.float32)
    expected = [[1.27, -0.63, 0.01], [0, 0, 0], [-254, 2, 0]]  # steps of 0.01 and of 2
    np.testing.assert_allclose(repacked(weight, "int8"), expected, rtol=1e-6)


def eager_logits(checkpoint, ids, device):
    """What step 13's model makes of ids [batch, seq_length], operation by operation."""
    model = GPT2LMHeadModel(checkpoint.config)
    model.load_state_dict(weights_of(checkpoint))
    return np.from_dlpack(model.to(device)(Tensor(ids, device=device)).to(CPU()))


def test_sizes_may_be_odd(tmp_path, write_checkpoint, device):
    checkpoint = open_checkpoint(str(write_checkpoint(tmp_path / "odd", weights=None, **ODD)))
    model = load_cpu_model(checkpoint, "float32")
    ids = np.random.default_rng(0).integers(ODD["vocab_size"], size=(2, 140))
    expected = eager_logits(checkpoint, ids, device)
    assert np.abs(expected).max() > 1  # so that the tolerance means something
    logits, cache = model.start([ids[0, :130].tolist(), ids[1, :130].tolist()], capacity=140)
    np.testing.assert_allclose(logits, expected[:, 129], atol=1e-4)
    for place in range(130, 140):
        logits = model.extend(ids[:, place : place + 1], cache)
        np.testing.assert_allclose(logits, expected[:, place], atol=1e-4)


@pytest.fixture(scope="module")
def exact():
    return load_cpu_model(open_checkpoint(STORYTELLER), "float32")


@pytest.mark.parametrize("kind, near, far", [("bfloat16", 0.3, 1e-4), ("int8", 0.6, 1e-3)])
def test_fewer_bits_change_the_logits_a_little(exact, kind, near, far):
    """By rounding: not by nothing, and by little beside logits of several units."""
    model = load_cached_model(open_checkpoint(STORYTELLER), CPU(), weights=kind)
    prompts = np.random.default_rng(3).integers(1000, size=(7, 30)).tolist()
    difference = np.abs(model.start(prompts, 30)[0] - exact.start(prompts, 30)[0]).max()
    assert far < difference < near


@pytest.mark.parametrize(("panels", "vectors"), [(1, 0), (-1, 0), (0, 1), (0, -1)])
def test_weights_of_other_sizes_than_the_kernel_takes_are_refused(exact, panels, vectors):
    """So where Python and Mojo disagree about which weights there are, nothing is computed."""
    wrong = [
        Buffer.from_numpy(np.resize(weight.to_numpy(), weight.num_elements + more))
        for weight, more in zip(exact._model[:2], (panels, vectors), strict=True)
    ]
    with pytest.raises(ValueError, match="the model has 1310720 numbers in panels"):
        CpuModel(exact._kernel, exact.config, Family(), *wrong).start([[1, 2, 3]], 3)


def test_weights_in_panels_of_another_width_are_refused(exact):
    other = replace(exact._kernel, panel=WIDE + NARROW - exact._kernel.panel)
    with pytest.raises(ValueError, match=f"panels have {exact._kernel.panel} columns here, not {other.panel}"):
        CpuModel(other, exact.config, Family(), *exact._model[:2]).start([[1, 2, 3]], 3)


def test_unknown_weights_are_refused():
    with pytest.raises(ValueError, match="weights 'float8': expected float32, bfloat16, int8"):
        load_cached_model(open_checkpoint(STORYTELLER), CPU(), weights="float8")


# The compiled kernel


@pytest.fixture
def cache_folder(tmp_path, monkeypatch):
    """Where this machine keeps what it compiles: empty, and nothing is shipped."""
    monkeypatch.setattr(kept, "user_cache_path", lambda name: tmp_path / name)
    monkeypatch.setattr(store, "targets", list)
    return tmp_path


@pytest.fixture
def no_compiler(monkeypatch):
    """From the time that it is called, whoever compiles fails."""

    def fail(dtype):
        raise AssertionError("compiled again")

    return lambda: monkeypatch.setattr(kernel, "_compile", fail)


def logits_of_a_prompt():
    return load_cpu_model(open_checkpoint(STORYTELLER), "float32").start([[1, 2, 3]], 3)[0]


def test_a_kernel_is_compiled_once_and_does_what_it_did(cache_folder, no_compiler):
    first = logits_of_a_prompt()
    no_compiler()
    np.testing.assert_array_equal(logits_of_a_prompt(), first)


def test_a_model_of_another_shape_has_the_same_kernel(exact, no_compiler, tmp_path, write_checkpoint):
    no_compiler()
    load_cpu_model(open_checkpoint(str(write_checkpoint(tmp_path / "odd", weights=None, **ODD))), "float32")


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[: len(data) // 2]], ids=["empty", "cut short"])
def test_a_damaged_kernel_is_compiled_again(cache_folder, damage):
    first = logits_of_a_prompt()
    (file,) = cache_folder.rglob("*.mef")
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    np.testing.assert_array_equal(logits_of_a_prompt(), first)
    assert len(file.read_bytes()) == len(whole)


def test_where_nothing_can_be_written_the_kernel_is_compiled_all_the_same(exact, cache_folder, monkeypatch):
    (cache_folder / "file").write_text("not a folder")
    monkeypatch.setattr(kept, "user_cache_path", lambda name: cache_folder / "file" / name)
    np.testing.assert_array_equal(logits_of_a_prompt(), exact.start([[1, 2, 3]], 3)[0])


def test_a_full_disk_leaves_no_half_a_kernel(exact, cache_folder, monkeypatch):
    def export(self, path):
        path.write_bytes(b"half")
        raise RuntimeError("No space left on device")

    monkeypatch.setattr(CompiledCallable, "export_mef", export)
    np.testing.assert_array_equal(logits_of_a_prompt(), exact.start([[1, 2, 3]], 3)[0])
    assert not [path for path in cache_folder.rglob("*") if path.is_file()]


def test_a_changed_source_is_another_kernel(tmp_path, monkeypatch):
    before = operation.digest()
    shutil.copytree(operation.SOURCE, tmp_path / "mojo")
    monkeypatch.setattr(operation, "SOURCE", tmp_path / "mojo")
    assert operation.digest() == before
    with (tmp_path / "mojo" / "panels.mojo").open("a") as file:
        file.write("# changed\n")
    assert operation.digest() != before


def test_another_processor_has_another_kernel(monkeypatch):
    before = kept.folder("engine")
    monkeypatch.setattr(kept, "_processor", lambda: "flags: sse")
    assert kept.folder("engine") != before
