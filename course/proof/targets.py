"""Compiles one part of the course for a GPU that need not be there: ``-m course.proof.targets TARGET PART FOLDER``.

MAX has *virtual devices*: it compiles for them, and allocates and runs nothing. They have to be there before anything
else of MAX is, so each compilation is a process of its own. What was compiled is written into the folder, in MAX's
format (MEF).
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from course import runtime

runtime.prepare()  # before anything imports MAX

from max import driver  # noqa: E402

TOKENS = ("batch", "seq_length")  # of any size


def main(target: str, part: str, folder: Path) -> None:
    """Compile a part for a target, such as "cuda:sm_90"."""
    api, _, architecture = target.partition(":")
    driver.set_virtual_device_api(api)
    driver.set_virtual_device_target_arch(architecture)
    driver.set_virtual_device_count(1)
    from max.dtype import DType
    from max.engine import InferenceSession, MefStore
    from max.experimental.tensor import default_dtype

    InferenceSession.default_mef_store = MefStore.for_export(folder)
    if part == "eager":
        eager(folder)
    elif part == "engine":
        engine()
    elif part.startswith("served-"):
        served(target, part.removeprefix("served-"))
    else:
        with default_dtype(DType.float32):
            graph(int(part.removeprefix("step-")))


def graph(step: int) -> None:
    """Compile what the solution of a step computes, in the shape of the story model, for inputs of any length."""
    from max.dtype import DType
    from max.experimental.compilation import compile
    from max.experimental.tensor import TensorType

    from gpt2.checkpoint import open_checkpoint
    from solutions import (
        solution_03,
        solution_04,
        solution_05,
        solution_06,
        solution_07,
        solution_08,
        solution_09,
        solution_10,
        solution_11,
        solution_12,
        solution_13,
    )

    config, device = open_checkpoint(_storyteller()).config, driver.Accelerator()
    ids = TensorType(DType.int64, TOKENS, device)
    x = TensorType(DType.float32, [*TOKENS, config.n_embd], device)
    head = TensorType(DType.float32, ["batch", config.n_head, "seq_length", config.head_dim], device)
    if step == 8:
        compile(solution_08.compute_attention)(head, head, head)
        return
    modules: dict[int, tuple[Callable[[], Any], TensorType]] = {
        3: (lambda: solution_03.LayerNorm(config.n_embd), x),
        4: (lambda: solution_04.GPT2MLP(config), x),
        5: (lambda: solution_05.GPT2Embeddings(config), ids),
        6: (lambda: solution_06.GPT2PositionEmbeddings(config), ids),
        7: (lambda: solution_07.SingleHeadQKV(config), x),
        9: (lambda: solution_09.GPT2MultiHeadAttention(config), x),
        10: (lambda: solution_10.ResidualBlock(config.n_embd, solution_04.GPT2MLP(config)), x),
        11: (lambda: solution_11.GPT2Block(config), x),
        12: (lambda: solution_12.GPT2Model(config), ids),
        13: (lambda: solution_13.GPT2LMHeadModel(config), ids),
    }
    _compile_module(*modules[step], device)


def _compile_module(make: Callable[[], Any], argument: Any, device: driver.Device) -> None:
    """Compile a module, with zeros as its weights: nothing is computed with them."""
    import numpy as np
    from max.experimental import functional as F

    with F.lazy():
        module = make().to(device)
        zeros = {name: np.zeros(tuple(map(int, each.shape)), np.float32) for name, each in module.parameters}
    module.compile(argument, weights=zeros)


def engine() -> None:
    """Compile the model with a cache, as ``load_generator`` does on a GPU, where nobody has set a default type."""
    from gpt2.checkpoint import open_checkpoint
    from gpt2.loading import load_cached_model

    load_cached_model(open_checkpoint(_storyteller()), driver.Accelerator())


def served(target: str, encoding: str) -> None:
    """Compile what ``serve`` runs, by MAX's own command for it."""
    from max._entrypoints import pipelines

    from course.curriculum.steps import ROOT

    ours = ["--custom-architectures", f"{ROOT}:gpt2.serving", "--model", str(_storyteller())]
    kind = ["--devices", "gpu:0", "--target", target, "--quantization-encoding", encoding]
    pipelines.main(["warm-cache", *ours, *kind], standalone_mode=False)


def eager(folder: Path) -> None:
    """Compile the kernels of eager operations, in batches: those that the course uses on a CPU, for the GPU.

    Raises:
        RuntimeError: MAX does not know one of them on a GPU.
    """
    from course.runtime import kernels

    device = driver.Accelerator()
    for number, (module, names) in enumerate(_batches(wanted_kernels(), device)):
        kernels.gc_compile.session_for(device).compile(module).export_mef(folder / f"eager-{number}.mef")
        print(f"{len(names)} kernels", flush=True)


def wanted_kernels() -> dict[str, set[str]]:
    """By their families, the names of the kernels on a GPU that stand for those that the course ships for a CPU.

    Without those in float64, which MAX's interpreter has for CPUs alone. It compiles a graph instead.
    """
    import json

    from kernels import store

    families: dict[str, set[str]] = {}
    for name, content in (store.unpack("eager", "x86-64-v3") or {}).items():
        if name.endswith(".json"):
            for key, family in json.loads(content).items():
                if "float64" not in key:
                    families.setdefault(family, set()).add(key.replace("_cpu_0", "_gpu_0"))
    if not families:
        raise RuntimeError("the shipped kernels, which say what is wanted, cannot be read")
    return families


def _batches(wanted: dict[str, set[str]], device: driver.Device) -> Iterator[tuple[Any, list[str]]]:
    from max._mlir_context import in_default_mlir_context
    from max.graph import Module

    from course.runtime import kernels

    families = {family.name: family for family in kernels.gc_compile.registered_families()}
    names = sorted(name for each in wanted.values() for name in each)

    @in_default_mlir_context
    def module_of(batch: set[str]) -> Module:
        """A module with just these kernels. MAX builds all of a family: what is too much moves elsewhere."""
        module, elsewhere = Module(), Module()
        for family in wanted:
            for each in (module, elsewhere):
                families[family].build_module_for_device(device, each)
        if missing := batch - set(module.top_level_graph_names()):
            raise RuntimeError(f"MAX has no kernel {min(missing)}")
        place = next(iter(elsewhere.mlir_module.body))
        for operation in list(module.mlir_module.body):
            if operation.sym_name not in batch:
                operation.move_after(place)
        return module

    for begin in range(0, len(names), kernels.BATCH):
        batch = names[begin : begin + kernels.BATCH]
        yield module_of(set(batch)), batch


def _storyteller() -> Path:
    from course.curriculum.steps import STORYTELLER

    return STORYTELLER


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
