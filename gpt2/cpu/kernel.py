"""The engine's operation on a CPU, ready to run: kept by this machine, shipped with the course, or compiled now."""

import io
import sys
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from max.driver import CPU
from max.dtype import DType
from max.engine import InferenceSession, Model, read

from gpt2.cpu.operation import compile_operation, digest
from kernels import background, store
from kernels.kept import folder, keep

if TYPE_CHECKING:
    from max.experimental.compilation import CompiledCallable


# Columns of a panel, as gpt2/cpu/mojo/panels.mojo has them: with AVX-512, and without.
WIDE, NARROW = 64, 16


@dataclass(frozen=True)
class Kernel:
    """The compiled operation: ``gpt2.cpu.operation`` says what its arguments are; and the columns of its panels."""

    model: Model
    panel: int


def load_kernel(dtype: DType) -> Kernel:
    """The operation for weights of a type.

    What this machine has compiled is loaded in no time, and so is what is shipped. Of that, the code for processors
    with AVX-512 is as fast as what is compiled here. The code for others may be slower, so a better one is compiled in
    the background, for the next time.
    """
    with suppress(RuntimeError):  # it is not there, or damaged
        return Kernel(InferenceSession([CPU()]).init(read(_kept(dtype))), _panel(store.targets()))
    for target, files in store.usable("engine", made_from=digest()):
        with suppress(RuntimeError):  # MAX does not read it
            model = InferenceSession([CPU()]).init(read(io.BytesIO(files[f"{dtype.name}.mef"])))
            if target != store.FULL_SPEED:
                background.start("gpt2.cpu.kernel", dtype.name)
            return Kernel(model, _panel([target]))
    return Kernel(_compile(dtype).engine_model, _panel(store.targets()))


def _panel(targets: Collection[str]) -> int:
    """The columns of a panel in code that is compiled for the best of some targets."""
    return WIDE if store.FULL_SPEED in targets else NARROW


def _compile(dtype: DType) -> "CompiledCallable":
    compiled = compile_operation(dtype)
    keep(_kept(dtype), compiled.export_mef)
    return compiled


def _kept(dtype: DType) -> Path:
    return folder("engine", digest()) / f"{dtype.name}.mef"


if __name__ == "__main__":
    _compile(DType[sys.argv[1]])
