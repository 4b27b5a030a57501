"""The kernels that are loaded beforehand are those that the course needs."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from max.experimental import functional as F
from max.experimental.tensor import Tensor

from course.curriculum.steps import STEPS
from course.judging.run import judge
from course.runtime import kernels


def test_no_solution_needs_a_kernel_that_is_compiled_on_the_spot():
    loaded, on_the_spot = [], []

    def on_kernels(done, total, kernel):
        (on_the_spot if kernel else loaded).append(kernel or (done, total))

    assert all(result.passed for result in judge(STEPS, None, on_kernels=on_kernels))
    assert on_the_spot == []
    done, total = loaded[-1]
    assert done == total > 50


def test_a_kernel_that_is_not_among_them_is_announced(device, monkeypatch):
    monkeypatch.setattr(kernels.gc_compile, "compile_single_target", kernels.gc_compile.compile_single_target)
    said = []
    kernels.on_compile(said.append, lambda: said.append("end"))
    Tensor(np.ones((2, 2), np.float32), device=device) + Tensor(np.ones((2, 2), np.float32), device=device)
    assert said == []
    F.atanh(Tensor(np.ones((2, 2), np.float32), device=device))
    assert len(said) == 2 and "Atanh" in said[0] and said[1] == "end"


def test_a_kernel_may_be_compiled_outside_the_main_thread(device, monkeypatch):
    """Where an event loop is running, as in a notebook, MAX compiles in another thread."""
    monkeypatch.setattr(kernels.gc_compile, "compile_single_target", lambda family, key, device, build: "compiled")
    said = []
    kernels.on_compile(said.append, lambda: said.append("end"))
    with ThreadPoolExecutor() as pool:
        compiled = pool.submit(kernels.gc_compile.compile_single_target, None, "atanh", device, None)
    assert compiled.result() == "compiled"
    assert said == ["atanh", "end"]


def test_what_the_interpreter_refuses_is_compiled(device):
    yes = Tensor(np.array([True, False]), device=device)
    assert np.from_dlpack(yes == yes).tolist() == [True, True]
