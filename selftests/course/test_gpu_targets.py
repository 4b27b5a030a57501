"""The course compiles for GPUs that are not there, and what would break there is a fault."""

import subprocess

import pytest
from typer.testing import CliRunner

from course.commands import app
from course.curriculum.steps import ROOT, solution_path
from course.proof import gpu
from course.proof.point import Point

TARGET = gpu.TARGETS[0]


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """A cache folder in which nothing is kept."""
    monkeypatch.setattr(gpu.kept, "user_cache_path", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache"


@pytest.fixture
def compiler(monkeypatch):
    """Stands in for the process that compiles: it is told what to write, how to end, and what to say."""
    calls = []

    def run(command, **settings):
        calls.append(command[-3:-1])
        (*_, folder) = command
        for name in run.writes:
            (gpu.Path(folder) / name).touch()
        return subprocess.CompletedProcess(command, run.code, "", run.says)

    run.writes, run.code, run.says, run.calls = ["part.mef"], 0, "", calls
    monkeypatch.setattr(gpu.subprocess, "run", run)
    return run


def test_a_layer_compiles_for_a_gpu_that_is_not_there():
    assert gpu.compile_part(ROOT, TARGET, "step-03") is None
    kept = gpu.folder_of(ROOT, TARGET, "step-03")
    assert [path.stat().st_size > 10_000 for path in kept.glob("*.mef")] == [True]


def test_a_mask_that_is_always_on_the_cpu_is_a_fault(copy, edit, empty_cache):
    """It passes every check where there is no GPU."""
    edit("solutions/solution_08.py", "from solutions", "from max.driver import CPU\nfrom solutions")
    own, closing = "scores.device)\n    # end", "\n    # end"
    edit("solutions/solution_08.py", own, "CPU())" + closing)
    fault = gpu.compile_part(copy, TARGET, "step-08")
    assert fault is not None and fault.startswith("step-08 for cuda:sm_90: ") and "device" in fault
    assert gpu.compile_part(copy, TARGET, "step-08") == fault  # a fault is not kept


def test_what_was_compiled_is_not_compiled_again_until_it_changes(copy, empty_cache, compiler):
    def compiled():
        compiler.calls.clear()
        points = list(gpu.compiles_for_gpus(copy))
        assert not any(point.faults for point in points)
        return [tuple(call) for call in compiler.calls], points[0].claim

    everything = [(target, part) for target in gpu.TARGETS for part in gpu.PARTS]
    assert compiled() == (everything, "15 parts compile for cuda:sm_90, of which 0 were kept from an earlier run")
    assert compiled() == ([], "15 parts compile for cuda:sm_90, of which 15 were kept from an earlier run")
    solution = solution_path(9, copy / "solutions")
    solution.write_text("# A comment compiles to nothing.\n" + solution.read_text())
    assert compiled()[0] == []
    solution.write_text(solution.read_text() + "WIDTH = 2\n")
    anew = {"step-09", "step-10", "step-11", "step-12", "step-13", "engine", "served-float32", "served-bfloat16"}
    assert {part for _, part in compiled()[0]} == anew


def test_what_fails_is_named_by_part_target_and_reason(empty_cache, compiler):
    compiler.code, compiler.says = 1, "Traceback\nmodel.mojo:3: error: no such thing\nnote: seen here\n"
    points = list(gpu.compiles_for_gpus(ROOT))
    assert [len(point.faults) for point in points] == [15, 15, 15]
    assert points[2].faults[0] == "step-03 for hip:gfx942: model.mojo:3: error: no such thing"


def test_a_compiler_that_dies_without_a_word_and_one_that_writes_nothing_are_faults(empty_cache, compiler):
    compiler.code = -11
    assert gpu.compile_part(ROOT, TARGET, "eager") == "eager for cuda:sm_90: exit code -11"
    compiler.code, compiler.writes = 0, []
    assert gpu.compile_part(ROOT, TARGET, "engine") == "engine for cuda:sm_90: nothing was compiled"


@pytest.mark.parametrize("faults, code", [([], 0), (["eager for cuda:sm_80: no"], 1)])
def test_verify_gpu_prints_these_points_alone(monkeypatch, faults, code):
    monkeypatch.setattr(gpu, "compiles_for_gpus", lambda root, say: [Point("15 parts compile", faults)])
    result = CliRunner().invoke(app, ["verify", "--gpu"])
    assert result.exit_code == code
    assert result.stdout.split("\n", 1)[0].endswith("15 parts compile")
    assert all(each in result.stdout for each in faults)
    assert "solutions" not in result.stdout
