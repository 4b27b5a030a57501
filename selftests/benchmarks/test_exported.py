"""What was compiled elsewhere is used where it fits, and what does not fit is compiled."""

import pytest
from max.engine import InferenceSession

from benchmarks.gpu import exported
from course.proof import gpu


def test_without_an_export_it_is_compiled_here(monkeypatch, tmp_path):
    monkeypatch.delenv(exported.FOLDER, raising=False)
    assert exported.take_or_compile("engine", lambda: 7) == (7, "compiled here: nothing was exported")
    monkeypatch.setenv(exported.FOLDER, str(tmp_path))
    assert exported.take_or_compile("engine", lambda: 7) == (7, "compiled here: nothing was exported")


def test_what_does_not_fit_is_compiled_and_the_reason_told(monkeypatch, tmp_path):
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "manifest.json").write_text("no JSON")
    monkeypatch.setenv(exported.FOLDER, str(tmp_path))
    value, source = exported.take_or_compile("engine", lambda: 7 if InferenceSession.default_mef_store is None else 8)
    assert value == 7 and source.startswith("compiled here: ") and source != "compiled here: nothing was exported"
    assert InferenceSession.default_mef_store is None


def test_parts_that_were_compiled_are_copied_and_no_others(monkeypatch, tmp_path):
    monkeypatch.setattr(gpu, "folder_of", lambda root, target, part: tmp_path / "kept" / target / part)
    for part, is_done in (("step-03", True), ("step-04", False)):
        folder = tmp_path / "kept" / "cuda:sm_90" / part
        folder.mkdir(parents=True)
        (folder / "graph.mef").write_text(part)
        if is_done:
            (folder / gpu.DONE).touch()
    assert exported.copy("cuda:sm_90", tmp_path / "out") == ["step-03"]
    assert (tmp_path / "out" / "step-03" / "graph.mef").read_text() == "step-03"


@pytest.mark.parametrize("fault", [RuntimeError("another graph"), OSError("no such file")])
def test_a_fault_while_it_is_taken_means_to_compile(monkeypatch, tmp_path, fault):
    (tmp_path / "engine").mkdir()
    monkeypatch.setenv(exported.FOLDER, str(tmp_path))
    calls = []

    def load():
        calls.append(InferenceSession.default_mef_store)
        if len(calls) == 1:
            raise fault
        return 7

    monkeypatch.setattr(exported, "_store", lambda folder: "a store")
    assert exported.take_or_compile("engine", load) == (7, f"compiled here: {fault}")
    assert calls == ["a store", None]
