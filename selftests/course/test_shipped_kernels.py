"""Kernels that are shipped are loaded, whole or not at all; and they are those that the course needs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from max.driver import CPU

from course.curriculum.files import copy_course
from course.curriculum.steps import ROOT, STEPS
from course.runtime import extension, kernels
from gpt2.cpu import operation
from kernels import background, kept, store
from tools.kernels import digest_of

V3, V4 = store.TARGETS["x86-64-v3"], store.TARGETS["x86-64-v4"]
needs_shipped = pytest.mark.skipif(not store.targets(), reason="no kernels are shipped for this machine")


@pytest.fixture
def archives(tmp_path, monkeypatch) -> Path:
    """A copy of what is shipped, to be spoiled."""
    shutil.copytree(ROOT / "kernels", tmp_path / "kernels")
    monkeypatch.setattr(store, "FOLDER", tmp_path / "kernels")
    monkeypatch.setattr(store, "INDEX", tmp_path / "kernels" / "index.json")
    return tmp_path / "kernels"


def test_what_is_shipped_was_made_from_what_is_here(device):
    """./run make kernels makes it anew."""
    made_from = {(archive.kind, archive.target): archive.made_from for archive in store.read_index()}
    assert made_from["engine", "x86-64-v3"] == made_from["engine", "x86-64-v4"] == operation.digest()
    assert made_from["extension", "x86-64-v3"] == extension.compiled(extension.source()).name
    listed = json.loads(store.NEEDS.read_text())
    assert list(listed) == [str(step) for step in STEPS]


@needs_shipped
def test_all_kernels_of_the_course_are_shipped(device):
    files = store.unpack("eager", "x86-64-v3")
    keys = {key for name, content in files.items() if name.endswith(".json") for key in json.loads(content)}
    (archive,) = [archive for archive in store.read_index() if archive.kind == "eager"]
    assert archive.made_from == digest_of(keys) and len(keys) > 50
    assert list(kernels.missing_kernels(device)) == []
    assert set().union(*map(store.needs, STEPS)) <= keys


@pytest.mark.parametrize(
    "flags, expected",
    [
        (V4, ("x86-64-v4", "x86-64-v3")),
        (V4 - {"avx512bw"}, ("x86-64-v3",)),
        (V3, ("x86-64-v3",)),
        (V3 - {"avx2"}, ()),
        (frozenset(), ()),
    ],
)
def test_the_processor_decides_what_may_be_loaded(monkeypatch, flags, expected):
    monkeypatch.setattr(store, "_flags", lambda cpuinfo: flags)
    monkeypatch.setattr(store.sys, "platform", "linux")
    monkeypatch.setattr(store.platform, "machine", lambda: "x86_64")
    assert store.targets.__wrapped__() == expected


@pytest.mark.parametrize("system, machine", [("darwin", "arm64"), ("linux", "aarch64"), ("darwin", "x86_64")])
def test_nothing_is_shipped_for_other_machines(monkeypatch, system, machine):
    monkeypatch.setattr(store, "_flags", lambda cpuinfo: V4)
    monkeypatch.setattr(store.sys, "platform", system)
    monkeypatch.setattr(store.platform, "machine", lambda: machine)
    assert store.targets.__wrapped__() == ()


def test_an_archive_is_unpacked_whole(archives):
    assert {name[-4:] for name in store.unpack("eager", "x86-64-v3")} == {".mef", "json"}
    assert set(store.unpack("engine", "x86-64-v4")) == {"float32.mef", "bfloat16.mef", "int8.mef"}


def spoil(folder: Path, change) -> None:
    (path,) = folder.glob("eager-*")
    path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: spoil(folder, lambda data: data[:1000]),
        lambda folder: spoil(folder, lambda data: data[:-1] + bytes([data[-1] ^ 1])),
        lambda folder: next(folder.glob("eager-*")).unlink(),
        lambda folder: (folder / "index.json").write_text("[{}]"),
        lambda folder: (folder / "index.json").write_text("not JSON"),
        lambda folder: (folder / "index.json").unlink(),
    ],
    ids=["cut short", "one bit", "gone", "another index", "no index", "no file"],
)
def test_what_is_not_whole_is_not_loaded(archives, damage):
    damage(archives)
    assert store.unpack("eager", "x86-64-v3") is None


def test_what_another_max_compiled_or_other_sources_made_is_not_loaded(archives, monkeypatch):
    assert store.unpack("engine", "x86-64-v3", made_from="something else") is None
    monkeypatch.setattr(store, "version", lambda name: "99.0")
    assert store.unpack("eager", "x86-64-v3") is None


def test_packing_gives_the_same_bytes_each_time(archives, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "b").write_bytes(b"2")
    (tmp_path / "files" / "a").write_bytes(b"1")
    once, again = (store.pack(tmp_path / "files", "try", "x86-64-v3", "nothing") for _ in range(2))
    store.write_index([once])
    assert once == again and store.unpack("try", "x86-64-v3") == {"a": b"1", "b": b"2"}


@needs_shipped
def test_an_empty_home_compiles_nothing(tmp_path):
    """Step 14 and a story: neither MAX nor we have anything to put into a cache."""
    steps = tmp_path / "steps"
    steps.mkdir()
    shutil.copy(ROOT / "solutions" / "solution_14.py", steps / "step_14.py")
    environment = {"HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}
    for command in (["s14", "--from", str(steps)], ["generate", "--naive", "--max-new-tokens", "3"], ["generate"]):
        ran = subprocess.run([sys.executable, "-m", "course", *command], cwd=ROOT, env=environment, capture_output=True)
        assert ran.returncode == 0, ran.stderr
    assert [path for path in (tmp_path / "home").rglob("*.mef*") if path.is_file()] == []


def test_without_shipped_kernels_a_step_compiles_its_own_and_the_rest_is_left(tmp_path, monkeypatch):
    """In a copy: what step 02 needs is compiled and kept, and a process goes on with the rest, unseen."""
    copy_course(tmp_path / "copy")
    (tmp_path / "copy" / "kernels" / "index.json").write_text("[]")
    program = (
        "from course import runtime; runtime.prepare(); device = runtime.pick_device('cpu')\n"
        "from course.runtime import kernels\n"
        "print(kernels.load(device, steps=[2]), kernels.load(device, steps=[2]))\n"
    )
    environment = {"HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path / "copy", env=environment, capture_output=True, text=True
    )
    assert ran.stdout == "False False\n", ran.stderr
    (listed,) = [json.loads(path.read_text()) for path in (tmp_path / "home").rglob("eager-*/*.json")]
    assert listed.keys() == store.needs(2)


def test_what_is_kept_is_whole_or_not_there(tmp_path):
    def fail(file: Path) -> None:
        file.write_bytes(b"half")
        raise RuntimeError("No space left on device")

    kept.keep(tmp_path / "folder" / "file", fail)
    assert list((tmp_path / "folder").iterdir()) == []
    kept.keep(tmp_path / "folder" / "file", lambda file: file.write_bytes(b"whole"))
    assert (tmp_path / "folder" / "file").read_bytes() == b"whole"


def test_one_process_compiles_in_the_background_and_gives_way(tmp_path, monkeypatch):
    monkeypatch.setattr(background, "user_cache_path", lambda name: tmp_path / name)
    ran = []
    monkeypatch.setattr(background, "give_way", lambda: ran.append("gave way"))

    def run_module(module: str, run_name: str) -> None:
        ran.append(module)
        background.main()  # a second one, while the first is at work

    monkeypatch.setattr(background.runpy, "run_module", run_module)
    monkeypatch.setattr(background.sys, "argv", ["kernels.background", "some.module"])
    background.main()
    assert ran == ["gave way", "some.module"]


def test_the_extension_is_put_in_its_place_once(tmp_path, monkeypatch):
    source = tmp_path / "_kv_cache_ops" / "kv_cache_ops.mojo"
    source.parent.mkdir()
    shutil.copy(extension.source(), source)
    monkeypatch.setattr(extension, "source", lambda: source)
    monkeypatch.setattr(store, "targets", lambda: ("x86-64-v3",))
    extension.install()
    place = extension.compiled(source)
    assert place.name == extension.compiled(extension.source()).name and place.stat().st_mode & 0o111
    place.write_bytes(b"MAX's own")
    extension.install()
    assert place.read_bytes() == b"MAX's own"


@needs_shipped
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int8"])
def test_shipped_engines_compute_what_a_compiled_one_does(dtype, folder, monkeypatch, tmp_path):
    from gpt2.checkpoint import open_checkpoint
    from gpt2.loading import load_cached_model

    checkpoint, logits = open_checkpoint(str(folder)), []
    monkeypatch.setattr("kernels.kept.user_cache_path", lambda name: tmp_path / name)
    monkeypatch.setattr(background, "start", lambda *arguments: None)
    for target in store.targets():
        monkeypatch.setattr(store, "targets", lambda target=target: (target,))
        model = load_cached_model(checkpoint, CPU(), dtype)
        logits.append(model.start([[1, 2, 3]], 4)[0])
    for found in logits[1:]:
        np.testing.assert_allclose(found, logits[0], atol=1e-4)
